"""The places of AWS regions and their parts of the world."""

from __future__ import annotations

PLACES = {
    "af-south-1": "Cape Town",
    "ap-east-1": "Hong Kong",
    "ap-east-2": "Taipei",
    "ap-northeast-1": "Tokyo",
    "ap-northeast-2": "Seoul",
    "ap-northeast-3": "Osaka",
    "ap-south-1": "Mumbai",
    "ap-south-2": "Hyderabad",
    "ap-southeast-1": "Singapore",
    "ap-southeast-2": "Sydney",
    "ap-southeast-3": "Jakarta",
    "ap-southeast-4": "Melbourne",
    "ap-southeast-5": "Malaysia",
    "ap-southeast-6": "New Zealand",
    "ap-southeast-7": "Thailand",
    "ca-central-1": "Montreal",
    "ca-west-1": "Calgary",
    "cn-north-1": "Beijing",
    "cn-northwest-1": "Ningxia",
    "eu-central-1": "Frankfurt",
    "eu-central-2": "Zurich",
    "eu-north-1": "Stockholm",
    "eu-south-1": "Milan",
    "eu-south-2": "Spain",
    "eu-west-1": "Ireland",
    "eu-west-2": "London",
    "eu-west-3": "Paris",
    "eusc-de-east-1": "Germany",
    "il-central-1": "Tel Aviv",
    "me-central-1": "UAE",
    "me-south-1": "Bahrain",
    "mx-central-1": "Mexico",
    "sa-east-1": "São Paulo",
    "us-east-1": "N. Virginia",
    "us-east-2": "Ohio",
    "us-gov-east-1": "US-East",
    "us-gov-west-1": "US-West",
    "us-west-1": "N. California",
    "us-west-2": "Oregon",
}

# The longest prefix decides.
PARTS_OF_THE_WORLD = {
    "us": "United States",
    "us-gov": "AWS GovCloud",
    "ca": "Canada",
    "mx": "Mexico",
    "sa": "South America",
    "eu": "Europe",
    "eusc": "European Sovereign Cloud",
    "af": "Africa",
    "il": "Middle East",
    "me": "Middle East",
    "ap": "Asia Pacific",
    "cn": "China",
}

OTHER = "Other"


def part_of_the_world(region: str) -> str:
    """Return the part of the world of a region; `OTHER` for an unknown one."""
    pieces = region.split("-")
    return PARTS_OF_THE_WORLD.get("-".join(pieces[:2])) or PARTS_OF_THE_WORLD.get(pieces[0]) or OTHER


def place(region: str) -> str:
    """Return the place that a region is named after; empty for an unknown one."""
    return PLACES.get(region, "")
