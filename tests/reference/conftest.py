"""PyTorch on one thread: the tensors here are tiny, and a second thread would mostly wait for a core."""

import torch

torch.set_num_threads(1)
