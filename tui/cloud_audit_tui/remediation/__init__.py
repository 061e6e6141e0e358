"""Turns a finding into text to paste: a shell script and a Terraform file made from its facts."""
