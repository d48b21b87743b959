// Every order in which threads can wake, wait, harvest and sleep, up to a number of preemptions,
// run through the library's own code over a kernel made of variables: see wake_model.h.

#include "testing/wake_model.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace {

// Real threads that run one at a time: each passes the turn on.
class Threads {
 public:
  explicit Threads(size_t count) : turns_(count + 1) {
    for (size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] {
        for (;;) {
          Await(i);
          if (!body_) return;
          body_(i);
        }
      });
    }
  }

  ~Threads() {
    body_ = nullptr;
    for (size_t i = 0; i < threads_.size(); ++i) {
      Pass(i);
      threads_[i].join();
    }
  }

  size_t count() const { return threads_.size(); }

  // Lets every thread call `body` with its number, beginning with `first`, until somebody passes
  // the turn to count().
  void Run(std::function<void(size_t)> body, size_t first) {
    body_ = std::move(body);
    Pass(first);
    Await(count());
  }

  void Pass(size_t next) {
    const std::lock_guard<std::mutex> guard(mutex_);
    turn_ = next;
    turns_[next].notify_one();
  }

  void Await(size_t i) {
    std::unique_lock<std::mutex> guard(mutex_);
    turns_[i].wait(guard, [this, i] { return turn_ == i; });
    turn_ = SIZE_MAX;
  }

 private:
  std::mutex mutex_;
  std::vector<std::condition_variable> turns_;
  size_t turn_ = SIZE_MAX;
  std::function<void(size_t)> body_;
  std::vector<std::thread> threads_;
};

// Decides at each step who goes on: as `choices` say, and once they are used up the thread that
// runs already, if it can. Or at random.
class Scheduler {
 public:
  struct Decision {
    size_t chosen;
    size_t options;
  };

  Scheduler(Threads *threads, size_t preemptions, std::vector<size_t> choices, std::mt19937 *random)
      : threads_(threads),
        preemptions_(preemptions),
        choices_(std::move(choices)),
        random_(random),
        states_(threads->count()) {}

  // `on_still` is called once, when no thread can go on; afterwards `on_stuck` has to let blocked
  // threads go on, until all have ended.
  void Run(const std::vector<std::function<void()>> &bodies, std::function<void()> on_still,
           std::function<void()> on_stuck) {
    active_ = this;
    on_still_ = std::move(on_still);
    on_stuck_ = std::move(on_stuck);
    threads_->Run(
        [this, &bodies](size_t i) {
          self_ = i;
          bodies[i]();
          states_[i].done = true;
          Leave();
        },
        Next());
    active_ = nullptr;
  }

  const std::vector<Decision> &decisions() const { return decisions_; }

  static void Step() {
    if (active_ != nullptr && !active_->still_) active_->Yield();
  }

  static void Block(bool (*ready)(void *), void *context) { active_->BlockUntil(ready, context); }

 private:
  struct State {
    bool done = false;
    bool (*ready)(void *) = nullptr;
    void *context = nullptr;
  };

  bool IsEnabled(size_t i) const {
    const State &state = states_[i];
    return !state.done && (state.ready == nullptr || state.ready(state.context));
  }

  // Who can go on, `first` before all others if it is there.
  std::vector<size_t> Enabled(size_t first) const {
    std::vector<size_t> enabled;
    if (first < states_.size() && IsEnabled(first)) enabled.push_back(first);
    for (size_t i = 0; i < states_.size(); ++i) {
      if (i != first && IsEnabled(i)) enabled.push_back(i);
    }
    return enabled;
  }

  size_t Choose(size_t options) {
    if (options == 1 || still_) return 0;
    size_t chosen = 0;
    if (random_ != nullptr) {
      chosen = (*random_)() % options;
    } else if (decisions_.size() < choices_.size()) {
      chosen = choices_[decisions_.size()];
    }
    decisions_.push_back({chosen, options});
    return chosen;
  }

  void Yield() {
    if (used_ >= preemptions_) return;
    const std::vector<size_t> enabled = Enabled(self_);
    const size_t next = enabled[Choose(enabled.size())];
    if (next == self_) return;
    ++used_;
    GiveWayTo(next);
  }

  void BlockUntil(bool (*ready)(void *), void *context) {
    states_[self_].ready = ready;
    states_[self_].context = context;
    const size_t next = Next();
    if (next != self_) GiveWayTo(next);
    states_[self_].ready = nullptr;
  }

  void GiveWayTo(size_t next) {
    const size_t self = self_;
    threads_->Pass(next);
    threads_->Await(self);
  }

  // The running thread has ended.
  void Leave() {
    const bool all_done =
        std::all_of(states_.begin(), states_.end(), [](const State &state) { return state.done; });
    if (all_done && !still_) on_still_();
    threads_->Pass(all_done ? threads_->count() : Next());
  }

  // Somebody who can go on, without that being a preemption.
  size_t Next() {
    std::vector<size_t> enabled = Enabled(SIZE_MAX);
    if (enabled.empty() && !still_) {
      on_still_();
      still_ = true;
    }
    while (enabled.empty()) {
      on_stuck_();
      enabled = Enabled(SIZE_MAX);
    }
    return enabled[Choose(enabled.size())];
  }

  static Scheduler *active_;
  static thread_local size_t self_;

  Threads *const threads_;
  const size_t preemptions_;
  const std::vector<size_t> choices_;
  std::mt19937 *const random_;
  std::function<void()> on_still_;
  std::function<void()> on_stuck_;
  std::vector<Decision> decisions_;
  std::vector<State> states_;
  size_t used_ = 0;
  bool still_ = false;
};

Scheduler *Scheduler::active_ = nullptr;
thread_local size_t Scheduler::self_ = 0;

// Some threads around one poll, what they have seen, and what has to be true once nobody can go on.
class Scenario {
 public:
  explicit Scenario(size_t wakers, bool drains = false) : wakers_(wakers), drains_(drains) {}

  // A thread that waits without end, again and again.
  void AddWaiter(size_t capacity) {
    bodies_.push_back([this, capacity] {
      while (!over_) Wait(capacity, MODEL_FOREVER);
    });
  }

  // A thread that looks `times` times without waiting.
  void AddLooker(size_t capacity, int times = 1) {
    bodies_.push_back([this, capacity, times] {
      for (int i = 0; i < times; ++i) Wait(capacity, 0);
    });
  }

  // A thread that sleeps on the poll's handle, as an outer poll does, and then looks once.
  void AddOuter(size_t capacity, bool export_first) {
    export_first_ = export_first;
    exported_ = true;
    bodies_.push_back([this, capacity] {
      if (!export_first_) model_export();
      while (!over_) {
        model_sleep_on_handle();
        Wait(capacity, 0);
      }
    });
  }

  void AddWaker(size_t index, int times = 1) {
    wakes_[index + 1] += times;
    bodies_.push_back([index, times] {
      for (int i = 0; i < times; ++i) model_wake(index);
    });
  }

  void AddSources(size_t count) {
    sources_ += count;
    bodies_.push_back([count] {
      model_step();
      model_make_sources_ready(count);
    });
  }

  void Add(std::function<void()> body) { bodies_.push_back(std::move(body)); }
  void ExpectWakes(uintptr_t token, int most) { wakes_[token] += most; }
  void AllowUndelivered(uintptr_t token) { optional_.push_back(token); }
  void Interrupt(size_t count) { interrupts_ = count; }

  // Tries every order with at most `preemptions` of them.
  void ExploreAll(size_t preemptions) {
    Threads threads(bodies_.size());
    std::vector<size_t> choices;
    size_t runs = 0;
    do {
      choices = RunOnce(&threads, preemptions, choices, nullptr);
      ++runs;
    } while (!choices.empty() && problem_.empty());
    ASSERT_EQ("", problem_) << "in run " << runs;
  }

  // Tries `count` random orders, without a limit on preemptions.
  void ExploreSome(size_t count) {
    Threads threads(bodies_.size());
    std::mt19937 random(20);
    for (size_t i = 0; i < count && problem_.empty(); ++i) {
      RunOnce(&threads, SIZE_MAX, {}, &random);
    }
    ASSERT_EQ("", problem_);
  }

 private:
  // Returns the choices of the next run, none if that was the last.
  std::vector<size_t> RunOnce(Threads *threads, size_t preemptions,
                              const std::vector<size_t> &choices, std::mt19937 *random) {
    over_ = false;
    seen_.clear();
    Scheduler scheduler(threads, preemptions, choices, random);
    model_begin(wakers_, drains_);
    if (exported_ && export_first_) model_export();
    model_interrupt(interrupts_);
    scheduler.Run(
        bodies_,
        [this] {
          Check();
          over_ = true;
        },
        [] { model_make_sources_ready(1); });
    model_end();
    std::vector<Scheduler::Decision> next = scheduler.decisions();
    while (!next.empty() && next.back().chosen + 1 == next.back().options) next.pop_back();
    std::vector<size_t> result;
    for (const Scheduler::Decision &decision : next) result.push_back(decision.chosen);
    if (!result.empty()) ++result.back();
    return result;
  }

  void Wait(size_t capacity, uint64_t timeout_ns) {
    uintptr_t tokens[MODEL_CAPACITY_MAX];
    const int count = model_wait(capacity, timeout_ns, tokens);
    if (over_) return;
    if (count == 0 && timeout_ns != 0) Fail("a wait without end ended without an event");
    if (count < 0 && interrupts_ == 0) Fail("a wait failed");
    for (int i = 0; i < count; ++i) {
      if (tokens[i] == MODEL_LEAKED) Fail("the internal notification was handed out");
      ++seen_[tokens[i]];
    }
  }

  // Nobody can go on: everything has been delivered, and nothing is under way.
  void Check() {
    const model_state state = model_look();
    if (state.pending != 0) Fail("a wake is pending while those who wait sleep");
    if (state.notified) Fail("a notification counts as under way that was found before");
    for (const auto &[token, wakes] : wakes_) {
      const bool is_optional =
          std::find(optional_.begin(), optional_.end(), token) != optional_.end();
      if (seen_[token] == 0 && !is_optional) Fail("a wake was lost");
      if (seen_[token] > wakes) Fail("there were more events than wakes");
    }
    if (static_cast<size_t>(seen_[0]) != sources_) Fail("an event of a source was lost");
  }

  void Fail(const std::string &what) {
    if (!problem_.empty()) return;
    const model_state state = model_look();
    std::ostringstream text;
    text << what << "; pending " << state.pending << ", notified " << state.notified
         << ", sleepers " << state.sleepers << ", counter " << state.counter;
    problem_ = text.str();
  }

  const size_t wakers_;
  const bool drains_;
  std::vector<std::function<void()>> bodies_;
  std::map<uintptr_t, int> wakes_;
  std::vector<uintptr_t> optional_;
  size_t sources_ = 0;
  size_t interrupts_ = 0;
  bool exported_ = false;
  bool export_first_ = false;

  bool over_ = false;
  std::map<uintptr_t, int> seen_;
  std::string problem_;
};

// With and without a selector that wants notifications to be read away.
class WakeModel : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Selector, WakeModel, ::testing::Values(false, true),
                         [](const ::testing::TestParamInfo<bool> &test) {
                           return test.param ? "ThatDrains" : "ThatDoesNotDrain";
                         });

// A select that ends early does not end the wait: it sleeps for the rest, to the nanosecond.
TEST(WakeModelClock, ATimeoutIsNeverCutShort) {
  for (const uint64_t early : {uint64_t{0}, uint64_t{1}, uint64_t{9000}, uint64_t{999999}}) {
    model_begin(1, false);
    const uint64_t begin = model_now();
    model_shorten_sleep(early);
    uintptr_t tokens[1];
    EXPECT_EQ(0, model_wait(1, 1000000, tokens));
    EXPECT_EQ(1000000u, model_now() - begin) << early << " ns too early";
    model_end();
  }
}

TEST_P(WakeModel, OneWaiterTwoWakers) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(4);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(1, 2);
  scenario.ExploreAll(2);
  scenario.ExploreSome(500);
}

TEST_P(WakeModel, TwoThreadsShareAWaker) {
  Scenario scenario(1, GetParam());
  scenario.AddWaiter(4);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(0, 2);
  scenario.ExploreAll(2);
}

TEST_P(WakeModel, RoomForOneEvent) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(1);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(1);
  scenario.AddSources(2);
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

TEST_P(WakeModel, TwoWaitersTwoWakers) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(4);
  scenario.AddWaiter(4);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

// Several threads change the word at once, so that the one try of the straight path fails.
TEST_P(WakeModel, ThreeWaitersAndSources) {
  Scenario scenario(1, GetParam());
  scenario.AddWaiter(2);
  scenario.AddWaiter(2);
  scenario.AddWaiter(1);
  scenario.AddWaker(0, 2);
  scenario.AddSources(2);
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

TEST_P(WakeModel, TwoWaitersWithRoomForOneEvent) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(1);
  scenario.AddWaiter(1);
  scenario.AddWaker(0);
  scenario.AddWaker(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(500);
}

TEST_P(WakeModel, MoreWakersThanWaitersHaveRoomFor) {
  Scenario scenario(3, GetParam());
  scenario.AddWaiter(1);
  scenario.AddWaiter(1);
  scenario.AddWaker(0);
  scenario.AddWaker(1);
  scenario.AddWaker(2);
  scenario.ExploreSome(2000);
}

TEST_P(WakeModel, AThreadThatOnlyLooksOnceDoesNotStealAWake) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(4);
  scenario.AddLooker(4);
  scenario.AddWaker(0);
  scenario.AddWaker(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

TEST_P(WakeModel, TheNotificationIsNeverHandedOut) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(4);
  scenario.AddWaiter(4);
  scenario.AddLooker(4, 2);
  scenario.AddWaker(0, 3);
  scenario.AddWaker(1, 2);
  scenario.ExploreSome(2000);
}

// A notification may be in the hands of one thread when another finds that there is none any more.
TEST_P(WakeModel, TheNotificationIsNeverHandedOutAmongEventsOfSources) {
  Scenario scenario(1, GetParam());
  scenario.AddWaiter(4);
  scenario.AddLooker(4);
  scenario.AddWaker(0);
  scenario.AddSources(1);
  scenario.AddSources(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(2000);
}

TEST_P(WakeModel, AnOuterPollIsToldOfEveryWake) {
  Scenario scenario(2, GetParam());
  scenario.AddOuter(4, true);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(1, 2);
  scenario.ExploreAll(2);
}

TEST_P(WakeModel, AnOuterPollIsToldOfWakesThatDidNotFit) {
  Scenario scenario(2, GetParam());
  scenario.AddOuter(1, true);
  scenario.AddWaker(0);
  scenario.AddWaker(1);
  scenario.AddSources(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(500);
}

TEST_P(WakeModel, TheHandleMayBeAskedForWhileOthersWakeAndWait) {
  Scenario scenario(2, GetParam());
  scenario.AddOuter(4, false);
  scenario.AddLooker(4);
  scenario.AddWaker(0);
  scenario.AddWaker(1);
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

TEST_P(WakeModel, ASignalLosesNothing) {
  Scenario scenario(2, GetParam());
  scenario.Interrupt(2);
  scenario.AddWaiter(4);
  scenario.AddWaker(0, 2);
  scenario.AddWaker(1);
  scenario.ExploreAll(2);
}

TEST_P(WakeModel, AClosedWakerTakesItsWakeAlong) {
  Scenario scenario(2, GetParam());
  scenario.AddWaiter(4);
  scenario.AddWaiter(4);
  scenario.AddWaker(0);
  scenario.ExpectWakes(2, 1);
  scenario.AllowUndelivered(2);
  scenario.ExpectWakes(3, 1);
  scenario.Add([] {
    model_wake(1);
    model_close_waker(1);
    model_open_waker(1, 3);
    model_wake(1);
  });
  scenario.ExploreAll(1);
  scenario.ExploreSome(1000);
}

// Each token comes only for its own wakes, however slots are used again.
TEST_P(WakeModel, AWakerThatTakesTheSlotOfAClosedOne) {
  Scenario scenario(1, GetParam());
  scenario.AddWaiter(4);
  scenario.AddLooker(2);
  scenario.AllowUndelivered(1);
  scenario.ExpectWakes(1, 1);
  scenario.ExpectWakes(2, 0);
  scenario.AllowUndelivered(2);
  scenario.ExpectWakes(3, 1);
  scenario.Add([] {
    model_wake(0);
    model_close_waker(0);
    model_open_waker(0, 2);
    model_close_waker(0);
    model_open_waker(0, 3);
    model_wake(0);
  });
  scenario.ExploreAll(2);
  scenario.ExploreSome(1000);
}

TEST_P(WakeModel, ManyOfEverything) {
  Scenario scenario(3, GetParam());
  scenario.AddWaiter(1);
  scenario.AddWaiter(2);
  scenario.AddLooker(1, 3);
  scenario.AddOuter(2, false);
  scenario.AddWaker(0, 3);
  scenario.AddWaker(1, 2);
  scenario.AddWaker(2, 2);
  scenario.AddSources(3);
  scenario.ExploreSome(1000);
}

TEST(WakeModelCost, NoSystemCallWhileTheWaiterIsAwake) {
  model_begin(2, false);
  uintptr_t tokens[MODEL_CAPACITY_MAX];
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(0, model_wake(0));
    EXPECT_EQ(0, model_wake(0));
    EXPECT_EQ(0, model_wake(1));
    EXPECT_EQ(2, model_wait(4, MODEL_FOREVER, tokens));
  }
  EXPECT_EQ(0u, model_look().notifies);
  EXPECT_EQ(0u, model_look().selects);
  model_end();
}

TEST(WakeModelCost, EventsAreNotSearchedBeforeTheFirstNotification) {
  model_begin(1, false);
  uintptr_t tokens[MODEL_CAPACITY_MAX];
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(0, model_wake(0));
    EXPECT_EQ(1, model_wait(4, MODEL_FOREVER, tokens));
    model_make_sources_ready(2);
    EXPECT_EQ(2, model_wait(4, i == 0 ? 0 : MODEL_FOREVER, tokens));
  }
  EXPECT_EQ(0u, model_look().looks);
  EXPECT_EQ(0u, model_look().notifies);
  model_end();
}

// The straight path: the word is changed twice, and nothing else is looked at.
TEST(WakeModelCost, AWaitWithoutEndIsOneSelect) {
  model_begin(1, false);
  uintptr_t tokens[MODEL_CAPACITY_MAX];
  for (size_t i = 1; i <= 3; ++i) {
    model_make_sources_ready(1);
    EXPECT_EQ(1, model_wait(4, MODEL_FOREVER, tokens));
    EXPECT_EQ(i, model_look().selects);
  }
  model_interrupt(1);
  EXPECT_GT(0, model_wait(4, MODEL_FOREVER, tokens));
  EXPECT_EQ(4u, model_look().selects);
  EXPECT_EQ(0u, model_look().looks);
  EXPECT_EQ(0u, model_look().sleepers);
  model_end();
}

// An old notification must not hide what else is ready.
TEST(WakeModelCost, AnOldNotificationDoesNotFillTheOnlySlot) {
  for (const uint64_t timeout : {uint64_t{0}, MODEL_FOREVER}) {
    model_begin(1, false);
    model_export();
    uintptr_t tokens[MODEL_CAPACITY_MAX];
    EXPECT_EQ(0, model_wake(0));
    EXPECT_EQ(1, model_wait(1, MODEL_FOREVER, tokens));
    EXPECT_EQ(1u, tokens[0]);
    EXPECT_EQ(1u, model_look().notifies);
    model_make_sources_ready(1);
    EXPECT_EQ(1, model_wait(1, timeout, tokens));
    EXPECT_EQ(0u, tokens[0]) << "the source";
    model_end();
  }
}

}  // namespace

void model_step(void) { Scheduler::Step(); }
void model_block(bool (*ready)(void *context), void *context) { Scheduler::Block(ready, context); }
