"""What training minimises: cross-entropy with the label, and with a teacher's score."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def bona_fide_loss(
    logits: Tensor,
    labels: Tensor,
    smoothing: float = 0.0,
    teacher: Tensor | None = None,
    teacher_weight: float = 0.5,
    temperature: float = 2.0,
) -> Tensor:
    """Mean loss of a batch.

    logits, labels: float (n,), a label of 1 is bona fide; smoothing moves labels towards 0.5.
    teacher: the teacher's bona fide scores in 0..1, float (n,); its logits are softened by the
    temperature as in Hinton et al. 2015, with the squared temperature keeping gradients in proportion.
    """
    logits = logits.float()
    targets = labels * (1 - smoothing) + smoothing / 2
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    if teacher is None:
        return loss
    soft = torch.sigmoid(torch.logit(teacher.float(), eps=1e-4) / temperature)
    taught = F.binary_cross_entropy_with_logits(logits / temperature, soft) * temperature**2
    return (1 - teacher_weight) * loss + teacher_weight * taught
