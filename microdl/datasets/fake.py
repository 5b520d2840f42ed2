"""Random images, to try a program out without data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes, random
from ..transforms.functional import to_pil_image
from .vision import VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """`size` random images of `image_size` (channels, height, width), torchvision's to the bit; needs Pillow.

    Image i is drawn from a stream seeded with i + random_offset; the default stream is left as it was.
    Raises IndexError for an index that is too large.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.num_classes = size, num_classes
        self.image_size, self.random_offset = image_size, random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range: {index} of {len(self)}")
        stream = random.Generator().manual_seed(index + self.random_offset)
        image: Any = random.randn(*self.image_size, generator=stream)
        target: Any = random.randint(0, self.num_classes, size=(1,), generator=stream, dtype=dtypes.int64)[0]
        image, target = self._transformed(to_pil_image(image), target)
        return image, target.item() if hasattr(target, "item") else target

    def __len__(self) -> int:
        return self.size
