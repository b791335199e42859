"""Every metric of the harness keeps the contract that those of others are held to."""

from harness.testing.contracts import MetricContract


class TestPsnr(MetricContract):
    name = "psnr"
    known = ((130, 100, 18.588), (120, 110, 28.131))


class TestPsnrFloat(MetricContract):
    name = "psnr-float"
    known = ((130, 100, 18.588),)


class TestSsim(MetricContract):
    name = "ssim"
    known = ((100, 100, 1.0), (200, 100, 0.8000))


class TestSsimWang(MetricContract):
    name = "ssim[protocol=wang]"


class TestColour(MetricContract):
    name = "colour"
    channels = (3,)
    ranks_noise = False  # it asks how much of the colour is left, and noise takes none away


class TestUpsnr(MetricContract):
    name = "upsnr"


class TestLpips(MetricContract):
    name = "lpips"


class TestLatency(MetricContract):
    name = "latency"


class TestThroughput(MetricContract):
    name = "throughput"


class TestMemory(MetricContract):
    name = "memory"


class TestParameters(MetricContract):
    name = "parameters"


class TestFlops(MetricContract):
    name = "flops"
