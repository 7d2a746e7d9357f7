"""What a GPU is for, and what the activations of a training step weigh: measured where there is one.

A network of dense layers of 512 neurons with ReLUs in between, float32, in PyTorch. Measured are

    examples_per_s    of one forward pass, by batch size: {"cpu": one thread of this machine's, "gpu": ...}
    mb_forward        megabytes taken beyond parameters and input by a forward pass that keeps nothing, by batch size
    mb_step           the same of forward and backward pass, which needs all activations; and what they are worth on paper
    mb_accumulated    the same for one batch in 1, 4, 16, 64 parts whose gradients are added up, and how far the sums differ

Megabytes are what PyTorch has allocated at most (2^20 bytes). Without a GPU there are only the CPU's examples per second.
"""

import argparse
import json
import time

import torch
from torch import nn

WIDTH, DEPTH = 512, 8
BATCHES = (1, 10, 100, 1000, 10_000, 100_000)
MEMORY_BATCHES = (1024, 4096, 16_384, 65_536)
PARTS = (1, 4, 16, 64)
_MB = 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    figures = {"torch": torch.__version__, "layers": DEPTH, "width": WIDTH, "examples_per_s": {"cpu": speeds("cpu")}}
    if torch.cuda.is_available():
        figures["gpu"] = torch.cuda.get_device_name()
        figures["examples_per_s"]["gpu"] = speeds("cuda")
        figures |= {"mb_forward": {}, "mb_step": {}, "mb_on_paper": {}, "mb_accumulated": accumulated(PARTS)}
        for m in MEMORY_BATCHES:
            figures["mb_forward"][m] = peak(m, lambda model, x: model(x), keep=False)
            figures["mb_step"][m] = peak(m, step)
            # what each layer hands on is kept once: the ReLU's output is the next layer's input, and tells its own derivative
            figures["mb_on_paper"][m] = m * WIDTH * DEPTH * 4 / _MB
    for name, value in figures.items():
        print(f"{name:16s} {value}")
    if arguments.json:
        print(json.dumps(figures))


def network(device):
    """Dense layers with ReLUs in between, drawn anew with the same seed."""
    torch.manual_seed(0)
    layers = [layer for _ in range(DEPTH) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
    return nn.Sequential(*layers).to(device)


def speeds(device):
    """Examples per second of a forward pass, batch size -> the best of some."""
    model, found = network(device), {}
    for m in BATCHES:
        x, times = torch.randn(m, WIDTH, device=device), []
        repetitions = max(3, min(200, 20_000 // m))
        with torch.no_grad():
            for _ in range(repetitions + 2):
                _finish(device)
                start = time.perf_counter()
                model(x)
                _finish(device)
                times.append(time.perf_counter() - start)
        found[m] = round(m / min(times[2:]))  # the first ones load what they need
    return found


def step(model, x):
    """Forward and backward pass."""
    model(x).square().mean().backward()


def peak(m, work, keep=True):
    """Megabytes that some work takes beyond parameters, their gradients and its input."""
    model = network("cuda")
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    x = torch.randn(m, WIDTH, device="cuda")
    work(model, x[:1])  # what libraries take once
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    with torch.set_grad_enabled(keep):
        work(model, x)
    torch.cuda.synchronize()
    return round((torch.cuda.max_memory_allocated() - before) / _MB, 1)


def accumulated(parts, m=65_536):
    """One step on m examples, in parts: number of parts -> megabytes, and the largest difference of a gradient to the whole's,
    relative to the largest gradient."""
    found, whole = {}, None
    for count in parts:
        gradients = []

        def work(model, x, count=count, gradients=gradients):
            model.zero_grad(set_to_none=False)
            for part in x.split(-(-len(x) // count)):
                (model(part).square().mean() * (len(part) / len(x))).backward()
            gradients[:] = [parameter.grad.clone() for parameter in model.parameters()] if len(x) == m else []

        megabytes = peak(m, work)
        whole = whole or [gradient.clone() for gradient in gradients]
        largest = max(gradient.abs().max() for gradient in whole)
        off = max((one - other).abs().max() for one, other in zip(gradients, whole))
        found[count] = [megabytes, float(off / largest)]
    return found


def _finish(device):
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
