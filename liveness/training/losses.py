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


def teacher_loss(logits: Tensor, scores: Tensor, temperature: float = 2.0) -> Tensor:
    """How far the outputs are from their teachers' scores: 0 where they agree, summed over teachers.

    logits: float (n, teachers); scores: the teachers' bona fide scores in 0..1, of the same shape. Both
    logits are softened by the temperature, whose square keeps the gradients in proportion (Hinton et al.,
    "Distilling the knowledge in a neural network", 2015).
    """
    soft = torch.sigmoid(torch.logit(scores.float(), eps=_CERTAIN) / temperature)
    cross = F.binary_cross_entropy_with_logits(logits.float() / temperature, soft, reduction="none")
    entropy = -torch.xlogy(soft, soft) - torch.xlogy(1 - soft, 1 - soft)
    return (cross - entropy).mean(0).sum() * temperature**2
