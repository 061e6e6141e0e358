"""From a finding to text that can be pasted: a shell script and a Terraform file made from its facts."""
