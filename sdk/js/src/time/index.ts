/**
 * Time by itself: what `room.state.at()` is made of, and prediction of the own player.
 *
 * @packageDocumentation
 */
export { Timeline, type TimelineOptions } from "./timeline.js";
export { Playback, type PlaybackOptions } from "./playback.js";
export { Predictor, type NumberedInput, type PredictorOptions } from "./predictor.js";
export { shorter, slerp, valueAt } from "./values.js";
export type { Mode, Quaternion, Sample, Span } from "./values.js";
