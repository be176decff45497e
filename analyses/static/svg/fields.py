"""Fields: a value for every point of a grid, as a heat map or as contours."""

import base64
import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import contourpy
import numpy as np
from numpy.typing import NDArray

from axnb.analyses.static.svg.axis import Axis, Measure, Span
from axnb.analyses.static.svg.colour import Scale, dark, paint
from axnb.analyses.static.svg.marks import Sheet, points, scale_of, stroke
from axnb.analyses.static.svg.spec import Floats, Spec, at, floats, listed, matrix, pick, real
from axnb.analyses.static.svg.text import box, label
from axnb.analyses.static.svg.ticks import MINUS, evenly, nice_step, plain_number, steps

_MOST_RECTANGLES = 900
_MOST_LEVELS = 60
_MOST_NODES, _FEWEST_NODES = 160, 12  # along each axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A heat map or contour trace in coordinates.

    Args:
        trace: Its settings.
        x: Coordinates of the columns' centres, ascending.
        y: Coordinates of the rows' centres, ascending.
        z: Values, a row for each of ``y``.
        order: The rows and columns of the trace that those of ``z`` were.
    """

    trace: Spec
    x: Floats
    y: Floats
    z: Floats
    order: tuple[NDArray[np.intp], NDArray[np.intp]]

    def scale(self) -> Scale:
        """Return the colours of the values."""
        return scale_of(self.trace, self.z.ravel(), "z")

    def span(self, letter: str) -> Span:
        """Return what should be in view: the cells of a heat map, the centres of contours."""
        centers = self.x if letter == "x" else self.y
        return Span(edges(centers) if self.trace["type"] == "heatmap" else centers, padded=False, solid=True)

    def draw(self, x: Axis, y: Axis, sheet: Sheet) -> str:
        """Return SVG elements."""
        if not self.z.size or not np.isfinite(self.z).any():
            return ""
        opacity = real(self.trace.get("opacity", 1))
        if self.trace["type"] == "heatmap":
            body = _cells(self, x, y) + _numbers(self, x, y)
        else:
            body = draw_contours(self, x, y, sheet.budget)
        faint = f' opacity="{opacity:.3g}"' if opacity < 1 else ""
        return f"<g{sheet.clip}{faint}>{body}</g>"


def edges(centers: Floats) -> Floats:
    """Return the `n + 1` edges of cells about `n` centres."""
    if len(centers) < 2:
        return np.concatenate([centers - 0.5, centers + 0.5])
    middle = (centers[1:] + centers[:-1]) / 2
    return np.concatenate([[2 * centers[0] - middle[0]], middle, [2 * centers[-1] - middle[-1]]])


def read_field(trace: Spec, x_values: Any, y_values: Any, x: Measure, y: Measure) -> Field:
    """Return a heat map or contour trace in coordinates.

    Args:
        trace: Its settings.
        x_values: Data values of the columns, or ``None`` for their numbers.
        y_values: Data values of the rows.
        x: How the horizontal axis measures.
        y: How the vertical axis measures.
    """
    z = matrix(trace.get("z"))
    z = z.T if trace.get("transpose") else z
    columns = _centers(x, x_values, z.shape[1])
    rows = _centers(y, y_values, z.shape[0])
    keep_x, keep_y = np.flatnonzero(np.isfinite(columns)), np.flatnonzero(np.isfinite(rows))
    keep_x = keep_x[np.argsort(columns[keep_x], kind="stable")]
    keep_y = keep_y[np.argsort(rows[keep_y], kind="stable")]
    return Field(trace=trace, x=columns[keep_x], y=rows[keep_y], z=z[np.ix_(keep_y, keep_x)], order=(keep_y, keep_x))


def _centers(how: Measure, values: Any, count: int) -> Floats:
    given = listed(values)
    if given is None:
        return np.arange(count, dtype=float)
    coordinates = how.coordinates(given)
    if len(coordinates) == count + 1:
        coordinates = (coordinates[1:] + coordinates[:-1]) / 2
    out = np.full(count, np.nan)
    out[: min(count, len(coordinates))] = coordinates[:count]
    return out


# --- heat maps


def _cells(field: Field, x: Axis, y: Axis) -> str:
    xs, ys = x.place(edges(field.x)), y.place(edges(field.y))
    scale = field.scale()
    if field.z.size > _MOST_RECTANGLES:
        return _image(field, scale, xs, ys)
    gaps = [real(field.trace.get(key) or 0) for key in ("xgap", "ygap")]
    # without a gap neighbours overlap a little, so that no seam shows
    grow_x, grow_y = (-gap if gap > 0 else 0.4 for gap in gaps)
    out = []
    colours = scale.colours(field.z)
    for i, row in enumerate(field.z.tolist()):
        for j, value in enumerate(row):
            if math.isnan(value):
                continue
            left, right = sorted((float(xs[j]), float(xs[j + 1])))
            top, bottom = sorted((float(ys[i]), float(ys[i + 1])))
            place = box(
                left - min(grow_x, 0) / 2, top - min(grow_y, 0) / 2, right - left + grow_x, bottom - top + grow_y
            )
            out.append(f'<rect {place} fill="{colours[i * len(row) + j]}"/>')
    return "".join(out)


def _image(field: Field, scale: Scale, xs: Floats, ys: Floats) -> str:
    """Return the cells as one indexed PNG, a pixel for each on a regular grid."""
    left, right, top, bottom = xs.min(), xs.max(), ys.min(), ys.max()
    columns = _sampled(xs, float(left), float(right))
    rows = _sampled(ys, float(top), float(bottom))
    picture = png(field.z[np.ix_(rows, columns)], scale)
    place = box(float(left), float(top), float(right - left), float(bottom - top))
    look = 'preserveAspectRatio="none" style="image-rendering:pixelated"'
    return f'<image {place} {look} href="data:image/png;base64,{picture}"/>'


def _sampled(borders: Floats, low: float, high: float) -> NDArray[np.intp]:
    """Return, for pixels from low to high, the cell that each falls in."""
    count = len(borders) - 1
    regular = np.ptp(np.diff(borders)) <= 0.02 * abs(float(borders[1] - borders[0])) and count <= 400
    wanted = count if regular else 400
    middles = low + (np.arange(wanted) + 0.5) * (high - low) / wanted
    ascending = borders if borders[-1] >= borders[0] else borders[::-1]
    found = np.clip(np.searchsorted(ascending, middles) - 1, 0, count - 1)
    return found if borders[-1] >= borders[0] else count - 1 - found


def png(values: Floats, scale: Scale) -> str:
    """Return a picture of values as a PNG in base64: 255 colours of the scale, and clear where there is no value."""
    span = scale.high - scale.low
    place = (values - scale.low) / span if span > 0 else np.full(values.shape, 0.5)
    index = np.where(np.isfinite(values), 1 + np.clip(np.nan_to_num(place), 0, 1) * 254, 0).round().astype(np.uint8)
    palette = np.concatenate([[[0, 0, 0]], scale.rgb(np.linspace(scale.low, scale.high, 255))]).astype(np.uint8)
    rows = np.concatenate([np.zeros((index.shape[0], 1), np.uint8), index], axis=1)
    header = struct.pack(">IIBBBBB", index.shape[1], index.shape[0], 8, 3, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", palette.tobytes()),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def _numbers(field: Field, x: Axis, y: Axis) -> str:
    """Return the texts of the cells, in black or white as reads better."""
    texts, template = listed(field.trace.get("text")), str(field.trace.get("texttemplate") or "")
    if field.z.size > 400 or not template:
        return ""
    xs, ys, out = x.place(field.x), y.place(field.y), []
    colours = field.scale().colours(field.z)
    for i, row in enumerate(field.z.tolist()):
        for j, value in enumerate(row):
            own = at(at(texts, int(field.order[0][i]), []), int(field.order[1][j]), "") if texts is not None else ""
            text = template.replace("%{text}", str(own)).replace("%{z}", f"{value:.3g}".replace("-", MINUS))
            if math.isnan(value) or not text or "%{" in text:
                continue
            fill = "#ffffff" if dark(colours[i * len(row) + j]) else "#1f2933"
            out.append(label(float(xs[j]), float(ys[i]), text, size=11, fill=fill, anchor="middle", valign="middle"))
    return "".join(out)


# --- contours


def list_levels(field: Field) -> list[float]:
    """Return the values at which contours are drawn."""
    spec = field.trace.get("contours") or {}
    start, end, size = (real(spec.get(k)) for k in ("start", "end", "size"))
    fixed = not any(map(math.isnan, (start, end, size))) and size > 0 and field.trace.get("autocontour") is not True
    if fixed and 0 <= (end - start) / size <= _MOST_LEVELS:
        return [start + i * size for i in range(round((end - start) / size - 0.001) + 1)]
    scale = field.scale()
    count = field.trace.get("ncontours")
    wanted = min(max(int(real(count)), 1), 40) if count and not math.isnan(real(count)) else 15
    found = steps(scale.low, scale.high, nice_step(scale.high - scale.low, wanted))
    return [v for v in found if scale.low < v < scale.high]


def draw_contours(field: Field, x: Axis, y: Axis, budget: int = 3000) -> str:
    """Return SVG elements of filled bands and lines.

    Args:
        field: A contour trace.
        x: The horizontal axis.
        y: The vertical axis.
        budget: About how fine they may be; a rough field is drawn from fewer of its rows and columns.
    """
    if len(field.x) < 2 or len(field.y) < 2:
        return ""
    levels = list_levels(field)
    rows, columns = _nodes(field, levels, budget)
    xs, ys = x.place(field.x[columns]), y.place(field.y[rows])
    grid = contourpy.contour_generator(
        x=xs,
        y=ys,
        z=np.ma.masked_invalid(field.z[np.ix_(rows, columns)]),
        fill_type=contourpy.FillType.OuterOffset,
        line_type=contourpy.LineType.Separate,
    )
    spec = field.trace.get("contours") or {}
    tolerance = 0.25 if budget > 400 else 1.0
    if spec.get("type") == "constraint":
        return _constraint(field, grid, tolerance)
    coloring = str(spec.get("coloring", "fill"))
    out = []
    if coloring == "fill":
        out.append(_filled(field, grid, levels, tolerance))
    elif coloring == "heatmap":
        out.append(_image(field, field.scale(), x.place(edges(field.x)), y.place(edges(field.y))))
    if spec.get("showlines", True) or coloring == "lines":
        out.append(_lines(field, grid, levels, tolerance, coloring))
    if spec.get("showlabels"):
        out.append(_line_labels(grid, levels))
    return "".join(out)


def _nodes(field: Field, levels: list[float], budget: int) -> tuple[list[int], list[int]]:
    """Return the rows and columns to draw from: all, or so many that the lines have no more corners than fit."""
    step = (levels[1] - levels[0]) if len(levels) > 1 else math.inf
    most = _MOST_NODES
    while True:
        rows, columns = evenly(field.y.tolist(), most), evenly(field.x.tolist(), most)
        z = np.floor(np.nan_to_num(field.z[np.ix_(rows, columns)]) / step)
        crossings = np.abs(np.diff(z, axis=0)).sum() + np.abs(np.diff(z, axis=1)).sum()
        if most <= _FEWEST_NODES or crossings <= 8 * budget:
            return rows, columns
        most = most * 3 // 4


def band_colours(field: Field, levels: list[float]) -> list[str]:
    """Return the colour of the band below each level, and of the one above the last."""
    scale = field.scale()
    step = (levels[1] - levels[0]) if len(levels) > 1 else (scale.high - scale.low)
    middles = [levels[0] - step / 2, *(v + step / 2 for v in levels)] if levels else [(scale.low + scale.high) / 2]
    return scale.colours(middles)


def _filled(field: Field, grid: contourpy.ContourGenerator, levels: list[float], tolerance: float) -> str:
    """Return bands painted from the lowest up, each over all before it, so that no seam shows."""
    colours = band_colours(field, levels)
    out = []
    for low, color in zip([-np.inf, *levels], colours, strict=True):
        data = _polygons(grid.filled(low, np.inf), tolerance)
        out.append(f'<path d="{data}" fill="{color}" fill-rule="evenodd"/>' if data else "")
    return "".join(out)


def _polygons(filled: Any, tolerance: float) -> str:
    parts = []
    for vertices, offsets in zip(*filled, strict=True):
        for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            ring = simplify(vertices[a:b], tolerance)
            if len(ring) > 3:
                parts.append(f"M{points(ring[:-1, 0], ring[:-1, 1])}Z")
    return "".join(parts)


def simplify(line: Floats, tolerance: float) -> Floats:
    """Return a line without the vertices that lie within a tolerance of the chord between their neighbours.

    Args:
        line: `n x 2` pixels.
        tolerance: Pixels.
    """
    if len(line) < 3:
        return line
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    stack = [(0, len(line) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2:
            continue
        chord = line[b] - line[a]
        away = line[a + 1 : b] - line[a]
        long = float(np.hypot(*chord))
        distance = (
            np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / long
            if long > 1e-9
            else np.hypot(away[:, 0], away[:, 1])
        )
        far = int(np.argmax(distance))
        if distance[far] > tolerance:
            keep[a + 1 + far] = True
            stack += [(a, a + 1 + far), (a + 1 + far, b)]
    return line[keep]


def _level(grid: contourpy.ContourGenerator, level: float) -> list[Floats]:
    """Return the lines of one level; the generator was told to keep them apart."""
    return list(grid.lines(level))  # type: ignore[arg-type]


def _lines(field: Field, grid: contourpy.ContourGenerator, levels: list[float], tolerance: float, coloring: str) -> str:
    width = real(pick(field.trace, "line.width", 0.5))
    if not width > 0:
        return ""
    shades = field.scale().colours(levels) if coloring == "lines" and levels else []
    own = pick(field.trace, "line.color")
    out = []
    for i, level in enumerate(levels):
        data = "".join(
            f"M{points(part[:, 0], part[:, 1])}" for part in (simplify(p, tolerance) for p in _level(grid, level))
        )
        color = shades[i] if shades else own if isinstance(own, str) else "rgba(31,41,51,0.35)"
        look = stroke(paint("stroke", color), width, pick(field.trace, "line.dash"))
        out.append(f'<path d="{data}" fill="none"{look} stroke-linejoin="round"/>' if data else "")
    return "".join(out)


def _line_labels(grid: contourpy.ContourGenerator, levels: list[float]) -> str:
    """Return one number on the longest line of each level."""
    step = abs(levels[1] - levels[0]) if len(levels) > 1 else abs(levels[0]) or 1.0 if levels else 1.0
    halo = ' paint-order="stroke" stroke="#ffffff" stroke-width="2.5" stroke-opacity="0.8"'
    out = []
    for level in levels:
        parts = _level(grid, level)
        if parts:
            longest = max(parts, key=len)
            x, y = longest[len(longest) // 2].tolist()
            out.append(
                label(
                    x,
                    y,
                    plain_number(level, step),
                    size=10,
                    fill="#1f2933",
                    anchor="middle",
                    valign="middle",
                    extra=halo,
                )
            )
    return "".join(out)


def _constraint(field: Field, grid: contourpy.ContourGenerator, tolerance: float) -> str:
    """Return the region that breaks a constraint, shaded, and its boundary."""
    spec = field.trace.get("contours") or {}
    operation = str(spec.get("operation", "="))
    bounds = sorted(v for v in floats(value_list(spec.get("value"))).tolist() if not math.isnan(v))
    if not bounds:
        return ""
    low, high = bounds[0], bounds[-1]
    regions: list[tuple[float, float]] = []
    if operation in ("<", "<="):
        regions = [(low, np.inf)]
    elif operation in (">", ">="):
        regions = [(-np.inf, low)]
    elif operation in ("[]", "()", "[)", "(]") and low < high:
        regions = [(-np.inf, low), (high, np.inf)]
    elif operation in ("][", ")(", "](", ")[") and low < high:
        regions = [(low, high)]
    color = pick(field.trace, "line.color", str(field.trace["colour"]))
    fill = field.trace.get("fillcolor")
    shade = paint("fill", fill) if fill else paint("fill", color, 0.25)
    out = [
        f'<path d="{data}"{shade} fill-rule="evenodd"/>'
        for r in regions
        if (data := _polygons(grid.filled(*r), tolerance))
    ]
    look = stroke(paint("stroke", color), real(pick(field.trace, "line.width", 2)), pick(field.trace, "line.dash"))
    for bound in dict.fromkeys([low, high]):
        data = "".join(f"M{points(p[:, 0], p[:, 1])}" for p in (simplify(q, tolerance) for q in _level(grid, bound)))
        out.append(f'<path d="{data}" fill="none"{look}/>' if data else "")
    return "".join(out)


def value_list(value: Any) -> list[Any]:
    """Return one value, or several, as a list."""
    entries = listed(value)
    return [value] if entries is None else list(entries)
