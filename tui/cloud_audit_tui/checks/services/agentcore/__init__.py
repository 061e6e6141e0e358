"""Checks of Amazon Bedrock AgentCore."""
