// Predictor: one's own player without waiting for the network: inputs act at once, and what the
// authority says later is taken as the base on which the inputs it has not seen are acted again.
// Thread: the owner's. Usable alone. Owns: the inputs that are not acknowledged.
// Invariants: numbers of inputs only grow, also over a reconnect; predicted() is the last
// acknowledged state with all later inputs acted on it, in order. Without a correction shown() is
// predicted(); after one the difference fades.
#pragma once

#include <cmath>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

template <class State, class Input>
struct PredictorConfig {
  // What one input does; the authority's own rule.
  std::function<void(State&, const Input&)> act = {};
  // What is to be added to `predicted` to show `shown`, and that addition, in parts of it. Absent:
  // corrections are shown at once.
  std::function<State(const State& shown, const State& predicted)> difference = {};
  std::function<State(const State& predicted, const State& difference, double part)> add = {};
  double half_life_ms = 60;  // of a correction
  std::size_t inputs_max = 256;
};

template <class State, class Input>
class Predictor {
 public:
  Predictor(PredictorConfig<State, Input> config, State initial)
      : config_(std::move(config)), predicted_(std::move(initial)) {}

  // Acts it at once; returns its number, to be sent along. 0: inputs_max wait, it was not taken.
  u64 input(Input input) {
    if (waiting_.size() >= config_.inputs_max) return 0;
    config_.act(predicted_, input);
    waiting_.emplace_back(++last_, std::move(input));
    return last_;
  }

  // The authority's state after input number `acknowledged` of ours.
  void reconcile(u64 acknowledged, const State& state, double now_ms) {
    if (acknowledged < acknowledged_) return;  // older than what we know
    const State before = shown(now_ms);
    acknowledged_ = acknowledged;
    while (!waiting_.empty() && waiting_.front().first <= acknowledged) waiting_.pop_front();
    predicted_ = state;
    for (const auto& [number, input] : waiting_) config_.act(predicted_, input);
    if (!config_.difference || !config_.add) return;
    difference_ = config_.difference(before, predicted_);
    corrected_ms_ = now_ms;
    corrects_ = true;
  }

  const State& predicted() const { return predicted_; }
  State shown(double now_ms) const {
    if (!corrects_) return predicted_;
    const double part = std::exp2(-(now_ms - corrected_ms_) / config_.half_life_ms);
    return part < 0.001 ? predicted_ : config_.add(predicted_, difference_, part);
  }
  std::size_t waiting() const { return waiting_.size(); }
  u64 last() const { return last_; }
  // Inputs that were not acknowledged, to be sent again to another authority: number and input.
  const std::deque<std::pair<u64, Input>>& inputs() const { return waiting_; }

 private:
  PredictorConfig<State, Input> config_;
  State predicted_;
  State difference_{};
  double corrected_ms_ = 0;
  bool corrects_ = false;
  u64 last_ = 0;
  u64 acknowledged_ = 0;
  std::deque<std::pair<u64, Input>> waiting_;
};

}  // namespace sdk
}  // namespace perseid
