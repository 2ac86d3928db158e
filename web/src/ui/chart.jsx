import {useEffect, useRef} from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import {onThemeChange} from "./theme.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsFor(props, width) {
  const axis = {stroke: colour("--quiet"), grid: {stroke: colour("--line"), width: 1}, ticks: {show: false}, font: "12px system-ui"};
  return {
    width,
    height: props.height ?? 240,
    padding: [12, 12, 0, 0],
    cursor: {y: false, points: {size: 7}},
    legend: {live: true, markers: {width: 3}},
    scales: {x: {time: props.time ?? false, range: props.xRange}, y: {range: props.range}},
    axes: [
      {...axis, values: props.xValues, space: 70, incrs: props.xIncrs},
      {...axis, size: 52, values: (_, ticks) => ticks.map((v) => props.show(v))},
    ],
    series: [
      {label: props.xLabel ?? "when", value: props.xValue},
      ...props.series.map((s) => ({
        label: s.label,
        stroke: colour(s.colour),
        fill: s.fill ? colour(s.fill) : undefined,
        width: 2,
        dash: s.dash,
        paths: s.bars ? uPlot.paths.bars({size: [s.bars, 40], radius: 0.15}) : undefined,
        points: {show: !s.bars, size: 6},
        spanGaps: true,
        value: (_, v) => (v === null || v === undefined ? "" : props.show(v)),
      })),
    ],
    hooks: {draw: [(plot) => drawMarks(plot, props.marks ?? [])]},
  };
}

// Upright lines with words, for what happened at an x.
function drawMarks(plot, marks) {
  const {ctx, bbox} = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("--accent");
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.textAlign = "left";
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  let last = -Infinity;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width;
    if (x - last < width + 8) continue;
    last = x;
    const right = x + width + 6 * devicePixelRatio > bbox.left + bbox.width;
    ctx.fillText(mark.label, right ? x - width - 4 * devicePixelRatio : x + 4 * devicePixelRatio, bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}

// `data` as uPlot wants it: [xs, ys, ys ...]. `label` says in words what is to be seen.
export function Chart(props) {
  const place = useRef();
  useEffect(() => {
    const node = place.current;
    let plot;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(optionsFor(props, Math.max(200, node.clientWidth)), props.data, node);
    };
    draw();
    const resized = new ResizeObserver(() => {
      const width = Math.max(200, node.clientWidth);
      if (width !== plot.width) plot.setSize({width, height: props.height ?? 240});
    });
    resized.observe(node);
    const forget = onThemeChange(draw);
    return () => {
      resized.disconnect();
      forget();
      plot.destroy();
    };
  }, [JSON.stringify(props.data), JSON.stringify(props.marks)]);
  return <div class="chart" role="img" aria-label={props.label} ref={place} />;
}
