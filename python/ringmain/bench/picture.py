"""Pictures of the tables, drawn by gnuplot: bars, and curves for what depends on the size."""

# SPDX-License-Identifier: MIT

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ringmain.bench.result import Result
from ringmain.bench.table import figure_text
from ringmain.bench.units import size_text

_COLOURS = {"ours": "0x1f6fc4", "rival": "0xd1495b", "limit": "0x999999"}
_CURVES = ("#999999", "#1f6fc4", "#d1495b", "#edae49", "#3f8f5b", "#8a5aa8", "#e07b39", "#5ab1bb", "#b56576")
_LABELS = {"time": "'%.0s %cs'", "messages": "'%.0s %c/s'", "bytes": "'%.0s %cB/s'"}
_TERMINALS = {
    ".svg": "svg size 960,{height} dynamic noenhanced font 'sans-serif,13' background 'white'",
    ".png": "pngcairo size 960,{height} noenhanced font 'sans-serif,10' background 'white'",
}


class NoPicture(Exception):
    """Why there is none."""


def check_picture(path: Path) -> None:
    """Raises NoPicture before anything is measured in vain."""
    if path.suffix not in _TERMINALS:
        raise NoPicture(f"{path}: the name of a picture ends in .svg or .png")
    if shutil.which("gnuplot") is None:
        raise NoPicture("--picture needs gnuplot, which isn't installed (Debian: gnuplot-nox)")


def draw(results: Sequence[Result], path: Path) -> None:
    check_picture(path)
    panels = _panels(results)
    if not panels:
        raise NoPicture("nothing was measured, so there is nothing to draw")
    done = subprocess.run(["gnuplot"], input=script_of(panels, path), capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or not path.exists():
        raise NoPicture(f"gnuplot: {done.stderr.strip()}")


def _panels(results: Sequence[Result]) -> list[str]:
    panels = [_bars(result) for result in results if result.rows and result.workload != "receive"]
    by_size = [result for result in results if result.rows and result.workload == "receive"]
    return panels + ([_curves(by_size)] if by_size else [])


def script_of(panels: Sequence[str], path: Path) -> str:
    terminal = _TERMINALS[path.suffix].format(height=340 * len(panels))
    return (
        f"set terminal {terminal}\nset output {_quoted(str(path))}\n"
        "set border 3 lc rgb '#888888'\nset tics nomirror textcolor rgb '#444444'\n"
        f"set multiplot layout {len(panels)},1\n" + "".join(panels) + "unset multiplot\n"
    )


def _bars(result: Result) -> str:
    """Horizontal, with a logarithmic scale that begins a bit below the shortest bar."""
    figures = [result.figure(row) for row in result.rows]
    lines = [
        f'{i} {figure:.6g} {_COLOURS[row.kind]} "{row.carrier}" "{figure_text(result, row)}"'
        for i, (figure, row) in enumerate(zip(figures, result.rows, strict=True))
    ]
    left = min(figures) / 2
    right = _room_for_labels(left, max(figures))
    return (
        "reset session\nset border 3 lc rgb '#888888'\nset tics nomirror textcolor rgb '#444444'\n"
        f"set title {_quoted(result.title)}\nset logscale x\nset xrange [{left:.6g}:{right:.6g}]\n"
        f"set yrange [{len(lines) - 0.4}:-0.6]\nset format x {_LABELS[result.unit]}\nset lmargin 34\n"
        "set grid xtics lc rgb '#e4e4e4' lt 1\nunset key\nset style fill solid noborder\n"
        "$data << END\n" + "\n".join(lines) + "\nEND\n"
        f"plot $data using 2:1:({left:.6g}):2:($1-0.36):($1+0.36):3:ytic(4) with boxxyerror lc rgb variable, "
        "$data using 2:1:5 with labels left offset 0.5,0\n"
    )


def _room_for_labels(left: float, longest: float) -> float:
    """The end of a logarithmic scale on which the longest bar takes five sixths."""
    return float(longest * (longest / left) ** 0.2)


def _curves(results: Sequence[Result]) -> str:
    names = list(dict.fromkeys(row.carrier for result in results for row in result.rows))
    ticks = ", ".join(f"{_quoted(size_text(result.size))} {result.size}" for result in results)
    blocks, curves = "", []
    for i, name in enumerate(names):
        points = [f"{r.size} {r.figure(row):.6g}" for r in results if (row := r.row(name)) is not None]
        blocks += f"$curve{i} << END\n" + "\n".join(points) + "\nEND\n"
        colour = _CURVES[i % len(_CURVES)]
        curves.append(f"$curve{i} using 1:2 with linespoints pt 7 ps 0.5 lw 2 lc rgb '{colour}' title {_quoted(name)}")
    return (
        "reset session\nset border 3 lc rgb '#888888'\nset tics nomirror textcolor rgb '#444444'\n"
        "set title 'Receiving an array that is there already, by its size'\nset logscale xy\n"
        f"set xtics ({ticks})\nset format y {_LABELS['time']}\nset grid xtics ytics lc rgb '#e4e4e4' lt 1\n"
        f"set key outside right top Left reverse samplen 2\n{blocks}plot {', '.join(curves)}\n"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
