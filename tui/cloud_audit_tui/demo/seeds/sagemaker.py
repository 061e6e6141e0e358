"""SageMaker in the accounts of the embedded AWS: models, endpoints and notebooks of a fictional company."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import IDENTITY, PRODUCTION, RESEARCH, STAGING

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient


@dataclass(frozen=True)
class Variant:
    """A model behind an endpoint; without an instance type it is serverless."""

    name: str = "AllTraffic"
    instance_type: str = ""
    count: int = 1
    weight: float = 1.0
    volume_gb: int = 0

    def request(self, model: str) -> dict[str, Any]:
        """Return the variant in the format of CreateEndpointConfig."""
        request: dict[str, Any] = {"VariantName": self.name, "ModelName": model}
        if not self.instance_type:
            return request | {"ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 10}}
        request |= {
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.count,
            "InitialVariantWeight": self.weight,
        }
        return request | ({"VolumeSizeInGB": self.volume_gb} if self.volume_gb else {})


@dataclass(frozen=True)
class Endpoint:
    """An endpoint with its own configuration.

    ``key`` says whether its volumes are encrypted with the region's key; ``capture``, ``results`` and
    ``shadow`` turn on data capture, asynchronous inference and a shadow variant. ``config_deleted`` deletes
    the configuration.
    """

    name: str
    variants: tuple[Variant, ...]
    key: bool = False
    capture: bool = False
    results: bool = False
    shadow: Variant | None = None
    config_deleted: bool = False
    team: str = "ml-platform"


@dataclass(frozen=True)
class Fleet:
    """Endpoints that share a configuration, one per tenant."""

    config: str
    variant: Variant
    tenants: range
    key: bool


@dataclass(frozen=True)
class Notebook:
    """A notebook instance; without a private network it has direct internet access."""

    name: str
    instance_type: str = "ml.t3.medium"
    root: bool = True
    private: bool = False
    internet: bool = True
    key: bool = False
    stopped: bool = False
    team: str = "data-science"


@dataclass(frozen=True)
class Site:
    """The SageMaker resources of an account in a region."""

    account: Account
    region: str
    endpoints: tuple[Endpoint, ...] = ()
    notebooks: tuple[Notebook, ...] = ()
    fleets: tuple[Fleet, ...] = field(default=())


def _on(instance_type: str, count: int = 1, volume_gb: int = 0) -> tuple[Variant, ...]:
    return (Variant(instance_type=instance_type, count=count, volume_gb=volume_gb),)


_SERVERLESS = (Variant(),)
_FENCED: dict[str, Any] = {"root": False, "private": True, "internet": False, "key": True}
"""The settings of a securely configured notebook."""

SITES = (
    Site(
        PRODUCTION,
        "us-east-1",
        endpoints=(
            Endpoint("churn-predictor-prod", _on("ml.m5.xlarge", 2), team="growth"),
            Endpoint(
                "fraud-scoring-us",
                (
                    Variant("champion", "ml.c5.2xlarge", 4, 0.9, 30),
                    Variant("challenger", "ml.c5.2xlarge", 1, 0.1, 30),
                ),
                capture=True,
                team="payments",
            ),
            Endpoint("credit-risk-realtime", _on("ml.m5.2xlarge", 3, 50), key=True, team="lending"),
            Endpoint("claims-triage", _on("ml.r5.xlarge", 2, 40), key=True, capture=True, team="insurance"),
            Endpoint("product-recommendations", _on("ml.g4dn.xlarge", 6), team="growth"),
            Endpoint("invoice-ocr-gpu", _on("ml.g5.2xlarge", 2), team="back-office"),
            Endpoint(
                "document-embeddings",
                (Variant("cpu", "ml.m5.4xlarge", 2, 0.3), Variant("gpu", "ml.g5.xlarge", 2, 0.7)),
                team="search",
            ),
            Endpoint(
                "image-moderation-async", _on("ml.m5.xlarge", 1, 100), results=True, team="trust-and-safety"
            ),
            Endpoint("address-parser", _SERVERLESS, team="logistics"),
            Endpoint(
                "delivery-eta",
                _on("ml.c5.xlarge", 3),
                shadow=Variant("candidate", "ml.c5.xlarge"),
                team="logistics",
            ),
            Endpoint("demand-forecast-legacy", _on("ml.m4.xlarge"), config_deleted=True, team="supply-chain"),
            Endpoint("restricted-underwriting", _on("ml.m5.xlarge"), key=True, team="insurance"),
        ),
        fleets=(
            Fleet("forecast-fleet-v7", Variant(instance_type="ml.m5.large"), range(1, 113), key=True),
            Fleet("forecast-fleet-v3", Variant(instance_type="ml.m5.large"), range(113, 119), key=False),
        ),
        notebooks=(
            Notebook("credit-risk-notebook", "ml.t3.large", team="lending"),
            Notebook("feature-exploration", "ml.m5.xlarge", **_FENCED),
            Notebook("incident-forensics", "ml.t3.xlarge", private=True, stopped=True, team="security"),
            Notebook("pricing-backtests", "ml.c5.2xlarge", private=True, internet=False, team="growth"),
            Notebook("restricted-fraud-lab", "ml.m5.2xlarge", **_FENCED, team="payments"),
        ),
    ),
    Site(
        PRODUCTION,
        "eu-west-1",
        endpoints=(
            Endpoint("fraud-scoring-eu", _on("ml.c5.2xlarge", 2), key=True, team="payments"),
            Endpoint("churn-predictor-eu", _on("ml.m5.xlarge", 2), team="growth"),
            Endpoint("consent-classifier", _SERVERLESS, team="privacy"),
        ),
        notebooks=(
            Notebook("gdpr-redaction", "ml.t3.large", root=False, private=True, key=True, team="privacy"),
        ),
    ),
    Site(
        PRODUCTION,
        "eu-central-1",
        endpoints=(
            Endpoint("credit-risk-dach", _on("ml.m5.xlarge", 2, 30), key=True, team="lending"),
            Endpoint("solvency-score", _on("ml.m5.large"), team="lending"),
        ),
        notebooks=(Notebook("bafin-reporting", "ml.t3.medium", **_FENCED, team="lending"),),
    ),
    Site(
        PRODUCTION,
        "ap-southeast-2",
        endpoints=(
            Endpoint("fraud-scoring-apac", _on("ml.c5.xlarge", 2), capture=True, team="payments"),
            Endpoint("store-traffic-vision", _on("ml.g5.xlarge", 2), team="retail"),
        ),
    ),
    Site(
        STAGING,
        "eu-central-1",
        endpoints=(
            Endpoint("churn-predictor-staging", _on("ml.m5.large"), team="growth"),
            Endpoint("fraud-scoring-staging", _on("ml.c5.large"), capture=True, team="payments"),
            Endpoint("credit-risk-staging", _on("ml.m5.large", 1, 20), key=True, team="lending"),
            Endpoint("support-chat-llm", _on("ml.g5.12xlarge"), team="support"),
            Endpoint("address-parser-staging", _SERVERLESS, team="logistics"),
            Endpoint("transcript-summaries", _on("ml.r5.2xlarge"), key=True, results=True, team="support"),
        ),
        notebooks=(
            Notebook("release-checks", root=False, team="ml-platform"),
            Notebook("load-tests", "ml.c5.xlarge", private=True, internet=False, team="ml-platform"),
            Notebook("labelling-review", "ml.t3.large", stopped=True),
            Notebook("embedding-benchmarks", "ml.m5.xlarge", **_FENCED, team="search"),
        ),
    ),
    Site(
        STAGING,
        "us-east-1",
        endpoints=(Endpoint("claims-triage-staging", _on("ml.m5.large"), team="insurance"),),
        notebooks=(Notebook("claims-labelling", root=False, private=True, team="insurance"),),
    ),
    Site(
        RESEARCH,
        "ap-southeast-2",
        endpoints=(
            Endpoint("protein-folding-preview", _on("ml.g5.4xlarge"), team="life-sciences"),
            Endpoint("weather-nowcast", _on("ml.m5.2xlarge", 1, 200), team="climate"),
            Endpoint("soil-moisture-map", _on("ml.m5.xlarge"), key=True, team="climate"),
        ),
        notebooks=(
            Notebook("ana-scratch", team="climate"),
            Notebook("reef-imagery", "ml.m5.2xlarge", private=True, team="climate"),
            Notebook("genome-assembly", "ml.c5.4xlarge", **_FENCED, team="life-sciences"),
            Notebook("thesis-2023", "ml.t2.medium", stopped=True, team="life-sciences"),
            Notebook("grant-reporting", root=False, private=True, internet=False),
            Notebook("satellite-tiles", "ml.t3.2xlarge", root=False, team="climate"),
        ),
    ),
    Site(
        RESEARCH,
        "us-west-2",
        endpoints=(Endpoint("speech-accents", _on("ml.m5.xlarge"), team="linguistics"),),
        notebooks=(Notebook("corpus-cleaning", team="linguistics"),),
    ),
    Site(
        IDENTITY,
        "us-east-1",
        notebooks=(Notebook("access-reviews", root=False, private=True, internet=False, team="security"),),
    ),
)

_IMAGES = "763104351884.dkr.ecr.{region}.amazonaws.com/pytorch-inference:2.5-cpu-py311"
_SUBNET, _GROUP = "subnet-0a1f4c7d9e2b36850", "sg-06d3b8e5f1a97c204"


def fill(at: At) -> None:
    """Create the resources of `SITES`."""
    for site in SITES:
        _Builder(at(site.account, site.region), site).build()


class _Builder:
    """Seeds one region of one account."""

    def __init__(self, here: RegionClient, site: Site) -> None:
        self._call = here
        self._site = site

    def build(self) -> None:
        site = self._site
        for endpoint in site.endpoints:
            self._endpoint(endpoint)
        for fleet in site.fleets:
            self._fleet(fleet)
        for notebook in site.notebooks:
            self._notebook(notebook)

    def _model(self, name: str) -> str:
        model = f"{name}-model"
        self._call(
            "sagemaker",
            "CreateModel",
            ModelName=model,
            ExecutionRoleArn=self._site.account.execution_role_arn,
            PrimaryContainer={
                "Image": _IMAGES.format(region=self._site.region),
                "ModelDataUrl": f"s3://{self._site.account.alias}-models/{name}/model.tar.gz",
            },
        )
        return model

    def _config(self, name: str, variants: list[dict[str, Any]], *, key: bool, **more: Any) -> None:
        if key:
            more["KmsKeyId"] = self._call.key
        self._call(
            "sagemaker", "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=variants, **more
        )

    def _endpoint(self, endpoint: Endpoint) -> None:
        model = self._model(endpoint.name)
        bucket = f"s3://{self._site.account.alias}-inference"
        tags = [{"Key": "team", "Value": endpoint.team}, {"Key": "managed-by", "Value": "terraform"}]
        more: dict[str, Any] = {"Tags": tags}
        if endpoint.capture:
            more["DataCaptureConfig"] = {
                "EnableCapture": True,
                "InitialSamplingPercentage": 20,
                "DestinationS3Uri": f"{bucket}/capture",
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            }
        if endpoint.results:
            more["AsyncInferenceConfig"] = {"OutputConfig": {"S3OutputPath": f"{bucket}/results"}}
        if endpoint.shadow:
            more["ShadowProductionVariants"] = [endpoint.shadow.request(model)]
        config = f"{endpoint.name}-2025-03"
        self._config(config, [v.request(model) for v in endpoint.variants], key=endpoint.key, **more)
        self._call(
            "sagemaker",
            "CreateEndpoint",
            EndpointName=endpoint.name,
            EndpointConfigName=config,
            Tags=tags,
        )
        if endpoint.config_deleted:
            self._call("sagemaker", "DeleteEndpointConfig", EndpointConfigName=config)

    def _fleet(self, fleet: Fleet) -> None:
        model = self._model(fleet.config)
        self._config(fleet.config, [fleet.variant.request(model)], key=fleet.key)
        for tenant in fleet.tenants:
            self._call(
                "sagemaker",
                "CreateEndpoint",
                EndpointName=f"forecast-tenant-{tenant:04}",
                EndpointConfigName=fleet.config,
                Tags=[{"Key": "tenant", "Value": f"{tenant:04}"}],
            )

    def _notebook(self, notebook: Notebook) -> None:
        more: dict[str, Any] = {}
        if notebook.private:
            more |= {"SubnetId": _SUBNET, "SecurityGroupIds": [_GROUP]}
        if notebook.key:
            more["KmsKeyId"] = self._call.key
        self._call(
            "sagemaker",
            "CreateNotebookInstance",
            NotebookInstanceName=notebook.name,
            InstanceType=notebook.instance_type,
            RoleArn=self._site.account.execution_role_arn,
            RootAccess="Enabled" if notebook.root else "Disabled",
            DirectInternetAccess="Enabled" if notebook.internet else "Disabled",
            VolumeSizeInGB=20,
            Tags=[{"Key": "team", "Value": notebook.team}],
            **more,
        )
        if notebook.stopped:
            self._call("sagemaker", "StopNotebookInstance", NotebookInstanceName=notebook.name)
