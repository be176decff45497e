import assert from "node:assert/strict";
import { test } from "node:test";
import { brushedTrials, lightUp, showsTrials, trialsOf } from "../../../widgets/static/cards/marks.js";

test("only marks that stand for trials say which", () => {
  assert.equal(showsTrials([{ x: [1] }, { customdata: ["a"] }]), false);
  assert.equal(showsTrials([{ x: [1] }, { customdata: [4] }]), true);
  assert.deepEqual(trialsOf([{ customdata: 4 }, { customdata: 4 }, {}, { customdata: "x" }]), [4]);
  assert.deepEqual(trialsOf(undefined), []);
});

test("selected trials are lit in every trace, and the others are faint", () => {
  const data = [{ type: "scatter", customdata: [4, 5, 6] }, { type: "scatter", customdata: [7] }, { type: "heatmap" }];
  lightUp(data, new Set([5, 6]), "blue");
  assert.deepEqual(data[0].selectedpoints, [1, 2]);
  assert.deepEqual(data[1].selectedpoints, []);
  assert.equal(data[0].selected.marker.color, "blue");
  assert.ok(data[0].unselected.marker.opacity < 0.5);
  assert.equal(data[2].selectedpoints, undefined);
});

test("where no selected trial is in the picture it stays as it was", () => {
  const data = [{ type: "scatter", customdata: [4] }];
  lightUp(data, new Set([9]), "blue");
  lightUp(data, new Set(), "blue");
  assert.deepEqual(data, [{ type: "scatter", customdata: [4] }]);
});

test("parallel coordinates: lines that pass through every brush are chosen, and chosen lines are lit", () => {
  const dimensions = [
    { values: [1, 2, 3], constraintrange: [1.5, 3] },
    { values: [1, 1, 9], constraintrange: [[0, 2], [20, 30]] },
    { values: [0, 0, 0] },
  ];
  assert.deepEqual(brushedTrials({ customdata: [10, 11, 12], dimensions }), [11]);
  assert.equal(brushedTrials({ customdata: [10], dimensions: [{ values: [1] }] }), null);
  const trace = { type: "parcoords", customdata: [10, 11], line: { color: [3, 4] } };
  lightUp([trace], new Set([11]), "blue");
  assert.deepEqual(trace.line.color, [0, 1]);
});

test("lines that a brush has picked keep their colours", () => {
  const dimensions = [{ values: [1, 2], constraintrange: [0, 1.5] }];
  const trace = { type: "parcoords", customdata: [10, 11], line: { color: [3, 4] }, dimensions };
  lightUp([trace], new Set([10]), "blue");
  assert.deepEqual(trace.line, { color: [3, 4] });
});
