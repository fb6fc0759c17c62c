"""What a run keeps between epochs: losses, the rates on dev, and which epoch was best."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liveness import __version__
from liveness.config import ModelInfo, TrainConfig
from liveness.data.prepare import Example
from liveness.learned import traces
from liveness.metrics import auc, eer, evaluate_scores, threshold_at_apcer
from liveness.training.engine import Engine
from liveness.training.loader import Regions, in_batches, plain_crops
from liveness.training.network import Checkpoint, save_checkpoint
from liveness.training.parts import Parts
from liveness.training.runs import RunFolder
from liveness.types import Label

Floats: TypeAlias = NDArray[np.float64]
SCORE_COLUMNS = ("path", "label", "pai_species", "source", "score")


class Ledger:
    """Losses of the running epoch, rates of the past ones, and which was best."""

    def __init__(
        self, config: TrainConfig, parts: Parts, fingerprint: str, folder: RunFolder, before: str = ""
    ) -> None:
        """before: traces of the pictures that the first weights had learned from."""
        self.config, self.parts, self.fingerprint, self.folder = config, parts, fingerprint, folder
        self._learned = traces((e.digest for e in (*parts.train, *parts.dev)), before)
        self.losses: list[float] = []
        self.rows: list[dict[str, float]] = []
        self.best_epoch = 0
        self._best = (-1.0, 0.0)
        self._began = time.monotonic()
        self._dev = Regions(parts.dev)

    def state(self) -> dict[str, Any]:
        best = list(self._best)
        return {"losses": self.losses, "rows": self.rows, "best_epoch": self.best_epoch, "best": best}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.losses, self.rows = list(state["losses"]), list(state["rows"])
        self.best_epoch = int(state["best_epoch"])
        self._best = (float(state["best"][0]), float(state["best"][1]))

    def close_epoch(self, epoch: int, engine: Engine) -> None:
        """Score dev, add the row of the epoch, and keep the weights if they are the best so far."""
        row: dict[str, float] = {"epoch": epoch, "step": engine.step}
        if self.losses:
            row["train_loss"] = float(np.mean(self.losses))
        self.losses = []
        logits = engine.logits(in_batches(plain_crops(self._dev, self.config.input), 64), self.config.input)
        if self.parts.dev:
            row |= dev_rates(logits, self.parts.dev, self.config)
        row["seconds"] = time.monotonic() - self._began
        self.rows.append(row)
        self.folder.write_metrics(self.rows)
        rank = (row["auc"], -row["dev_loss"]) if self.parts.dev else (float(epoch), 0.0)
        if rank > self._best or not self.best_epoch:
            self._best, self.best_epoch = rank, epoch
            save_checkpoint(self.folder.best, Checkpoint(self._info(row), engine.weights()))
            self._write_scores(logits)

    def _info(self, row: Mapping[str, float]) -> ModelInfo:
        config = self.config
        given = config.threshold is not None
        point = f"BPCER at APCER {config.target_apcer:.0%} of the worst species, on dev"
        train_part = self.parts.train
        live = sum(e.sample.label is Label.BONA_FIDE for e in train_part)
        return ModelInfo(
            network=config.network,
            threshold=float(config.threshold if config.threshold is not None else row["threshold"]),
            operating_point="given for the run" if given else point,
            input=config.input,
            training_data=f"{live} bona fide and {len(train_part) - live} attack pictures",
            data_fingerprint=self.fingerprint,
            learned=self._learned,
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            package_version=__version__,
            metrics={f"dev_{k}": row[k] for k in ("auc", "eer", "apcer", "bpcer") if k in row},
        )

    def _write_scores(self, logits: Floats) -> None:
        rows = [
            {
                "path": str(e.sample.path),
                "label": e.sample.label.value,
                "pai_species": e.sample.pai_species,
                "source": e.sample.source,
                "score": f"{score:.9g}",
            }
            for e, score in zip(self.parts.dev, _sigmoid(logits))
        ]
        self.folder.write_csv("dev_scores.csv", SCORE_COLUMNS, rows)


def dev_rates(logits: Floats, dev: Sequence[Example], config: TrainConfig) -> dict[str, float]:
    """Loss, AUC, EER, the threshold picked here, and the rates at it."""
    live = np.array([e.sample.label is Label.BONA_FIDE for e in dev])
    species = [e.sample.pai_species for e in dev]
    scores = _sigmoid(logits)
    if config.threshold is None:
        threshold = between(
            threshold_at_apcer(scores, live, species, apcer=config.target_apcer), scores, live
        )
    else:
        threshold = config.threshold
    report = evaluate_scores(scores, live, species, threshold=threshold)
    return {
        "dev_loss": float(np.mean(np.logaddexp(0, np.where(live, -logits, logits)))),
        "auc": auc(scores, live),
        "eer": eer(scores, live)[0],
        "threshold": threshold,
        "apcer": report.apcer.value,
        "bpcer": report.bpcer.value,
    }


def between(threshold: float, scores: Floats, live: NDArray[np.bool_]) -> float:
    """The middle of the gap above the threshold: as many bona fide pass, and no more attacks."""
    passing = scores[live & (scores >= threshold)]
    if not len(passing):
        return min(1.0, threshold)
    attacks = scores[~live & (scores >= threshold)]
    end = min(passing.min(), attacks.min() if len(attacks) else 1.0)
    return float(min(1.0, (threshold + end) / 2)) if end > threshold else float(min(1.0, threshold))


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))
