"""What training minimises: the cross-entropy with labels, and the distance to what teachers say and see."""

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
    """How far the outputs are from their teachers' logits: Huber loss, summed over teachers.

    logits: float (n, teachers); scores: the teachers' bona fide scores in 0..1, of the same shape, not a
    number where a teacher did not see the crop. A teacher's logit is cut off at -8 and 8.
    """
    seen = ~scores.isnan()
    wanted = torch.logit(torch.where(seen, scores, 0.5).float(), eps=_CERTAIN)
    apart = F.smooth_l1_loss(logits.float(), wanted, reduction="none") * seen
    return (apart.sum(0) / seen.sum(0).clamp(min=1)).sum()


def map_loss(mine: Tensor, theirs: Tensor) -> Tensor:
    """Mean squared error of a map and a teacher's, whose channels are brought to mean 0 and deviation 1.

    mine: float (n, channels, rows, columns); theirs: the same, of any rows and columns (Romero et al.,
    "FitNets: hints for thin deep nets", 2015).
    """
    theirs = F.interpolate(theirs.float(), mine.shape[2:], mode="bilinear", antialias=True)
    mean, deviation = theirs.mean((0, 2, 3), keepdim=True), theirs.std((0, 2, 3), keepdim=True)
    return F.mse_loss(mine.float(), (theirs - mean) / (deviation + 1e-4))
