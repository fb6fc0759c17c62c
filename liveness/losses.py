"""What training minimises: cross-entropy with the label, and with the scores of teachers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_CERTAIN = 3e-4  # a teacher that is surer than this (a logit of 8) says nothing more


def bona_fide_loss(
    logits: Tensor,
    labels: Tensor,
    smoothing: float = 0.0,
) -> Tensor:
    """Mean loss of a batch; logits, labels: float (n,), a label of 1 is bona fide; smoothing moves labels
    towards 0.5.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), labels * (1 - smoothing) + smoothing / 2)


def teacher_loss(logits: Tensor, scores: Tensor) -> Tensor:
    """How far the outputs are from their teachers': the Huber loss of their logits, summed over teachers.

    logits: float (n, teachers); scores: the teachers' bona fide scores in 0..1, of the same shape. Logits
    and not softened scores: how sure a teacher is of a camera that nobody has seen is what keeps sources at
    one level (Kim et al., "Comparing Kullback-Leibler divergence and mean squared error loss in knowledge
    distillation", 2021; measured in docs/experiments.md).
    """
    wanted = torch.logit(scores.float(), eps=_CERTAIN)
    return F.smooth_l1_loss(logits.float(), wanted, reduction="none").mean(0).sum()
