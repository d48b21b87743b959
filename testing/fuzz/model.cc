#include "testing/fuzz/model.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <vector>

#include "mio/mio.h"
#include "testing/fuzz/endpoint.h"

namespace mio_fuzz {
namespace {

constexpr int kPolls = 2;
constexpr int kMaxSources = 10;
constexpr int kMaxWakers = 3;
constexpr uint32_t kRoomForAll = 64;
constexpr uint64_t kShort = 300000;  // nanoseconds
// How long a forked child may take.
constexpr int kChildSeconds = 5;

enum Direction { kRead, kWrite };
constexpr mio_interest kKindOf[] = {MIO_READABLE, MIO_WRITABLE};

constexpr int kTruthAsked = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;

int TruthOf(int fd) {
  pollfd entry = {fd, static_cast<short>(kTruthAsked), 0};
  return poll(&entry, 1, 0) < 0 ? 0 : entry.revents;
}

bool IsReady(Direction direction, int truth) {
  const int either = POLLHUP | POLLERR;
  return (truth & (direction == kRead ? POLLIN | POLLRDHUP | either : POLLOUT | either)) != 0;
}

uint64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

void OnSignal(int) {}

// Delivers SIGALRM while it lives, again and again if `repeat`.
class Alarm {
 public:
  Alarm(uint64_t after_us, bool repeat) {
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    sigaction(SIGALRM, &action, &before_);
    const timeval time = {static_cast<time_t>(after_us / 1000000),
                          static_cast<suseconds_t>(after_us % 1000000)};
    const itimerval timer = {repeat ? time : timeval{0, 0}, time};
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
  ~Alarm() {
    const itimerval none = {};
    setitimer(ITIMER_REAL, &none, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }
  Alarm(const Alarm &) = delete;
  Alarm &operator=(const Alarm &) = delete;

 private:
  struct sigaction before_ = {};
};

// A source, and what the model knows of its registration.
struct Slot {
  std::unique_ptr<Endpoint> endpoint;
  int poll = -1;  // -1: not registered
  mio_token token = 0;
  mio_interest interest = 0;
  bool owed[2] = {false, false};     // if it is ready, an event must tell of it
  bool drained[2] = {false, false};  // owed once it has been seen not ready
  bool exceptional = false;          // an error or a hang-up arrived that no event told of
  bool fired = false;                // one-shot only
  bool told_closed = false;
  bool told_lasting = false;  // an event told of an error or a hang-up, which nothing drained since
  int known = 0;              // the truth as last seen
  int before = 0;             // the truth before the wait under way

  bool Has(mio_interest kind) const { return (interest & kind) == kind; }
  bool IsOneShot() const { return Has(MIO_ONESHOT); }
  bool IsLevel() const { return Has(MIO_LEVEL) && !IsOneShot(); }
};

struct WakerSlot {
  mio_waker waker = {};
  int poll = -1;
  mio_token token = 0;
  bool pending = false;
};

class World {
 public:
  explicit World(const RunOptions &options) : options_(options) {
    for (int i = 0; i < kPolls; ++i) OpenPoll(i, 0);
    const std::string name = mio_poll_selector_name(&polls_[0]);
    is_kqueue_ = name == "kqueue";
    is_poll_ = name == "poll";
    has_priority_ = mio_poll_supports(&polls_[0], MIO_FEATURE_PRIORITY);
    has_nesting_ = mio_poll_supports(&polls_[0], MIO_FEATURE_NESTING);
  }

  ~World() {
    slots_.clear();
    for (WakerSlot &waker : wakers_) mio_waker_close(&waker.waker);
    for (int i = 0; i < kPolls; ++i) {
      for (mio_registry &clone : clones_[i]) mio_registry_close(&clone);
      mio_poll_close(&polls_[i]);
    }
    for (const int fd : duplicates_) close(fd);
  }
  World(const World &) = delete;
  World &operator=(const World &) = delete;

  Verdict Run(const Program &program) {
    for (const Op &op : program) {
      cause_ = nullptr;
      Do(op);
      if (verdict_.failed) break;
      Observe();
    }
    // Whatever is owed still has to come.
    for (int i = 0; i < kPolls && !verdict_.failed; ++i) Wait(i, kRoomForAll, 0);
    verdict_.code = code_;
    return verdict_;
  }

 private:
  // --- What happened

  void Fail(const std::string &what) {
    if (verdict_.failed) return;
    verdict_.failed = true;
    verdict_.what = what;
    Say("/* " + what + " */");
  }

  void Expect(bool holds, const std::string &what) {
    if (!holds) Fail(what);
  }

  void Say(const std::string &line) {
    if (options_.print_code) code_ += "  " + line + "\n";
  }

  std::string *code() { return options_.print_code ? &code_ : nullptr; }

  static std::string Text(ptrdiff_t result) {
    return std::to_string(result) + " (" + mio_error_kind_name(mio_error_kind(result)) + ")";
  }

  static std::string InterestText(mio_interest interest) {
    char text[MIO_INTEREST_FORMAT_MAX];
    mio_interest_format(interest, text, sizeof text);
    std::string words = text, out;
    for (size_t i = 0; i < words.size(); ++i) {
      if (i == 0 || words[i - 1] == ' ') out += words[i] >= 'A' && words[i] <= 'Z' ? "MIO_" : "";
      out += words[i];
    }
    return out;
  }

  static std::string Flags(int truth) {
    std::string text;
    const std::pair<int, const char *> names[] = {
        {POLLIN, "IN"},   {POLLPRI, "PRI"},     {POLLOUT, "OUT"},  {POLLERR, "ERR"},
        {POLLHUP, "HUP"}, {POLLRDHUP, "RDHUP"}, {POLLNVAL, "NVAL"}};
    for (const auto &[bit, name] : names) {
      if ((truth & bit) != 0) text += (text.empty() ? "" : "|") + std::string(name);
    }
    return text.empty() ? "0" : text;
  }

  // --- The model

  // Looks at all sources, and at what arrived.
  void Observe() {
    for (Slot &slot : slots_) {
      const int truth = TruthOf(slot.endpoint->fd());
      if (slot.poll >= 0) Notice(&slot, truth);
      slot.known = truth;
    }
  }

  void Notice(Slot *slot, int truth) {
    for (const Direction d : {kRead, kWrite}) {
      if (slot->drained[d] && !IsReady(d, truth)) {
        slot->drained[d] = false;
        slot->owed[d] = true;
      }
    }
    // A program's own shutdown is no news from outside.
    if (cause_ == slot->endpoint.get()) return;
    // poll(2) tells of a hang-up once, and then looks again after the program did.
    if (is_poll_ && slot->told_lasting) return;
    int exceptional = POLLHUP | POLLERR;
    if (slot->Has(MIO_READABLE)) exceptional |= POLLRDHUP;
    if ((truth & exceptional & ~slot->known) != 0) slot->exceptional = true;
  }

  // An operation of the library took all that there was in a direction.
  void Drained(Slot *slot, Direction direction) {
    if (slot->poll < 0) return;
    slot->drained[direction] = true;
    slot->told_lasting = false;
  }

  // What a stream or datagram transfer says about that.
  void Transferred(Slot *slot, Direction direction, ptrdiff_t result, size_t len) {
    const bool is_short = slot->endpoint->type().is_stream && result >= 0 &&
                          static_cast<size_t>(result) < len && (result == 0 || !slot->told_closed);
    if (result < 0 || is_short) Drained(slot, direction);
    Expect(mio_error_kind(result) != MIO_ERROR_INTERRUPTED, "a transfer was interrupted");
  }

  bool IsOwed(const Slot &slot, int truth) const {
    if (slot.poll < 0 || (slot.IsOneShot() && slot.fired)) return false;
    const int hang_up = POLLHUP | POLLERR;
    for (const Direction d : {kRead, kWrite}) {
      if (!slot.Has(kKindOf[d])) continue;
      if (!IsReady(d, truth)) continue;
      if (slot.IsLevel() || slot.IsOneShot() || slot.owed[d]) return true;
    }
    if ((slot.IsLevel() || slot.IsOneShot()) && (truth & hang_up) != 0) return true;
    const int lasting = hang_up | (slot.Has(MIO_READABLE) ? POLLRDHUP : 0);
    return slot.exceptional && (truth & lasting) != 0;
  }

  // --- Polls and registries

  void OpenPoll(int i, uint8_t choice) {
    mio_poll_options options = {};
    if ((choice & 1) != 0) options.reserve_sources = 4;
    if ((choice & 2) != 0) options.spin_ns = 20000;
    const int result = mio_poll_init(&polls_[i], &options);
    Expect(result == 0, "mio_poll_init: " + Text(result));
    Say("open_poll(&p" + std::to_string(i) + ", " + std::to_string(options.reserve_sources) + ", " +
        std::to_string(options.spin_ns) + ");");
  }

  // The registry of a poll, or one of its clones, and its C name.
  std::pair<const mio_registry *, std::string> RegistryOf(int poll, uint8_t way) {
    const std::string name = "p" + std::to_string(poll);
    if ((way & 2) != 0 && !clones_[poll].empty()) {
      return {&clones_[poll].front(), "&" + name + "_clone"};
    }
    return {mio_poll_registry(&polls_[poll]), "mio_poll_registry(&" + name + ")"};
  }

  void Clone(int poll) {
    if (!clones_[poll].empty()) return;
    clones_[poll].reserve(1);
    mio_registry clone = {};
    const int result = mio_registry_clone(mio_poll_registry(&polls_[poll]), &clone);
    Expect(result == 0, "mio_registry_clone: " + Text(result));
    clones_[poll].push_back(clone);
    const std::string name = "p" + std::to_string(poll);
    Say("mio_registry_clone(mio_poll_registry(&" + name + "), &" + name + "_clone);");
  }

  void CloseClone(int poll) {
    if (clones_[poll].empty()) return;
    mio_registry_close(&clones_[poll].front());
    clones_[poll].clear();
    Say("mio_registry_close(&p" + std::to_string(poll) + "_clone);");
  }

  void Reopen(int poll, uint8_t choice) {
    CloseClone(poll);
    for (WakerSlot &waker : wakers_) {
      if (waker.poll == poll) CloseWaker(&waker);
    }
    if (poll == 1) CloseNested();
    mio_poll_close(&polls_[poll]);
    Say("mio_poll_close(&p" + std::to_string(poll) + ");");
    for (Slot &slot : slots_) {
      if (slot.poll == poll) slot.poll = -1;
    }
    OpenPoll(poll, choice);
  }

  void CloseNested() {
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (&slots_[i].endpoint->type() != &kNested) continue;
      Say("mio_source_fd_close(&" + slots_[i].endpoint->name() + ");");
      slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(i));
      return;
    }
  }

  // --- Sources

  Slot *SlotOf(uint8_t a) { return slots_.empty() ? nullptr : &slots_[a % slots_.size()]; }

  void Add(std::unique_ptr<Endpoint> endpoint) {
    Slot slot;
    slot.endpoint = std::move(endpoint);
    slots_.push_back(std::move(slot));
    ++number_;
  }

  void MakeSources(uint8_t choice) {
    if (slots_.size() + 2 > kMaxSources) return;
    const int way = choice % (kWaysToMake + 1);
    if (way == kWaysToMake) {
      MakeNested();
      return;
    }
    Endpoints made;
    if (!Make(way, number_, &made, code())) return;
    for (auto &endpoint : made) Add(std::move(endpoint));
  }

  void MakeNested() {
    if (!has_nesting_) return;
    for (const Slot &slot : slots_) {
      if (&slot.endpoint->type() == &kNested) return;
    }
    mio_handle handle;
    auto nested = std::make_unique<Endpoint>(kNested, "s" + std::to_string(number_));
    if (mio_poll_handle(&polls_[1], &handle) != 0) return;
    if (mio_source_fd_init(static_cast<mio_source_fd *>(nested->object()), handle) != 0) return;
    Say("static mio_source_fd " + nested->name() + ";");
    Say("nest(&" + nested->name() + ", &p1);");
    Add(std::move(nested));
  }

  void Connect(uint8_t a) {
    Slot *slot = SlotOf(a);
    if (slot == nullptr || slots_.size() == kMaxSources) return;
    const Type &type = slot->endpoint->type();
    if (&type != &kTcpListener && &type != &kUnixListener) return;
    // What is in the queue of a listener stays below every system's limit.
    auto client = ConnectTo(*slot->endpoint, number_, code());
    if (client != nullptr) Add(std::move(client));
  }

  mio_interest InterestOf(const Slot &slot, uint8_t c) const {
    mio_interest interest = c & (MIO_READABLE | MIO_WRITABLE | MIO_LEVEL | MIO_ONESHOT);
    // Rarely, so that most registrations succeed.
    if ((c & 0xe4) == 0xe4) interest |= MIO_PRIORITY;
    if ((interest & (MIO_READABLE | MIO_WRITABLE)) == 0 && (c & 0xe0) != 0) {
      interest |= MIO_READABLE;
    }
    const Type &type = slot.endpoint->type();
    if (!is_kqueue_ || (type.reads && type.writes)) return interest;
    // A kqueue refuses filters that a descriptor cannot have.
    const mio_interest kind = type.writes ? MIO_WRITABLE : MIO_READABLE;
    const mio_interest both = MIO_READABLE | MIO_WRITABLE;
    return (interest & both) == 0 ? interest : (interest & ~both) | kind;
  }

  mio_error ExpectedOf(mio_interest interest) const {
    if ((interest & (MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY)) == 0) {
      return MIO_ERROR_INVALID_INPUT;
    }
    return (interest & MIO_PRIORITY) != 0 && !has_priority_ ? MIO_ERROR_UNSUPPORTED : MIO_OK;
  }

  void Register(const Op &op, bool again) {
    Slot *slot = SlotOf(op.a);
    if (slot == nullptr) return;
    const int poll = op.b & 1;
    // A poll inside itself is refused by some systems and endless in others.
    if (&slot->endpoint->type() == &kNested && poll == 1) return;
    const auto [registry, name] = RegistryOf(poll, op.b);
    const mio_interest interest = InterestOf(*slot, op.c);
    const mio_token token = ++token_;
    mio_source *source = slot->endpoint->source();
    Say(std::string("mio_registry_") + (again ? "reregister(" : "register(") + name + ", &" +
        slot->endpoint->name() + ".source, " + std::to_string(token) + ", " +
        InterestText(interest) + ");");
    int result = 0;
    if (again || registrations_++ != options_.skip_registration) {
      result = again ? mio_registry_reregister(registry, source, token, interest)
                     : mio_registry_register(registry, source, token, interest);
    }
    mio_error expected = ExpectedOf(interest);
    if (again && slot->poll != poll) expected = MIO_ERROR_NOT_FOUND;
    if (!again && slot->poll >= 0) expected = MIO_ERROR_ALREADY_EXISTS;
    // What is checked first when two things are wrong is nobody's promise.
    const bool fails = expected != MIO_OK && ExpectedOf(interest) != MIO_OK && result < 0;
    Expect(fails || mio_error_kind(result) == expected,
           std::string(again ? "reregister" : "register") + " said " + Text(result) +
               ", expected was " + mio_error_kind_name(expected));
    if (result < 0) return;
    slot->poll = poll;
    slot->token = token;
    slot->interest = interest;
    slot->owed[kRead] = slot->owed[kWrite] = true;
    slot->drained[kRead] = slot->drained[kWrite] = false;
    slot->exceptional = false;
    slot->fired = false;
    slot->told_closed = false;
    slot->told_lasting = false;
    slot->known = TruthOf(slot->endpoint->fd());
    if ((slot->known & (POLLHUP | POLLERR)) != 0) slot->exceptional = true;
  }

  void Deregister(const Op &op) {
    Slot *slot = SlotOf(op.a);
    if (slot == nullptr) return;
    const int poll = op.b & 1;
    const auto [registry, name] = RegistryOf(poll, op.b);
    Say("mio_registry_deregister(" + name + ", &" + slot->endpoint->name() + ".source);");
    const int result = mio_registry_deregister(registry, slot->endpoint->source());
    const mio_error expected = slot->poll == poll ? MIO_OK : MIO_ERROR_NOT_FOUND;
    Expect(mio_error_kind(result) == expected, "deregister said " + Text(result));
    if (result == 0) slot->poll = -1;
  }

  void CloseSource(uint8_t a) {
    if (slots_.empty()) return;
    const size_t i = a % slots_.size();
    Say(std::string("mio_") + slots_[i].endpoint->type().name + "_close(&" +
        slots_[i].endpoint->name() + ");");
    slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(i));
  }

  void Release(uint8_t a) {
    if (slots_.empty()) return;
    const size_t i = a % slots_.size();
    Endpoint *endpoint = slots_[i].endpoint.get();
    if (endpoint->type().release == nullptr) return;
    mio_handle handle = -1;
    const int result = endpoint->type().release(endpoint->object(), &handle);
    Expect(result == 0, "release said " + Text(result));
    Say(std::string("mio_") + endpoint->type().name + "_release(&" + endpoint->name() +
        ", &released);");
    // The descriptor lives on as one more duplicate.
    if (result == 0) duplicates_.push_back(handle);
    slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(i));
  }

  void Duplicate(uint8_t a) {
    Slot *slot = SlotOf(a);
    if (slot == nullptr || duplicates_.size() >= 6) return;
    const int fd = fcntl(slot->endpoint->fd(), F_DUPFD_CLOEXEC, 0);
    if (fd >= 0) duplicates_.push_back(fd);
    Say("dup(" + slot->endpoint->name() + ".source.native.handle);");
  }

  void CloseDuplicate() {
    if (duplicates_.empty()) return;
    close(duplicates_.front());
    duplicates_.erase(duplicates_.begin());
    Say("close(/* the oldest duplicate */);");
  }

  static size_t LengthOf(uint8_t b) {
    constexpr size_t kLengths[] = {1, 1, 7, 64, 1000, 1000, 5000, 70000};
    return kLengths[b % 8];
  }

  void Call(const Slot &slot, const char *verb, size_t len, ptrdiff_t result) {
    Say(std::string("mio_") + slot.endpoint->type().name + "_" + verb + "(&" +
        slot.endpoint->name() + ", buffer, " + std::to_string(len) + "); /* " +
        std::to_string(result) + " */");
  }

  ptrdiff_t ReadOnce(Slot *slot, size_t len) {
    const Type &type = slot->endpoint->type();
    const ptrdiff_t result = type.read(slot->endpoint->object(), buffer_, len);
    Call(*slot, "read", len, result);
    Transferred(slot, kRead, result, len);
    return result;
  }

  ptrdiff_t WriteOnce(Slot *slot, size_t len) {
    const Type &type = slot->endpoint->type();
    const ptrdiff_t result = type.write(slot->endpoint->object(), buffer_, len);
    Call(*slot, "write", len, result);
    Transferred(slot, kWrite, result, len);
    return result;
  }

  void ReadSource(const Op &op, bool all) {
    Slot *slot = SlotOf(op.a);
    if (slot == nullptr || slot->endpoint->type().read == nullptr) return;
    const size_t len = all ? sizeof buffer_ : LengthOf(op.b);
    for (int i = 0; i < (all ? 1000 : 1); ++i) {
      const ptrdiff_t result = ReadOnce(slot, len);
      if (result < 0 || (result == 0 && slot->endpoint->type().is_stream)) break;
    }
  }

  void WriteSource(const Op &op, bool all) {
    Slot *slot = SlotOf(op.a);
    if (slot == nullptr || slot->endpoint->type().write == nullptr) return;
    // A socket's whole buffer in few calls; a datagram has a limit.
    const Type &type = slot->endpoint->type();
    size_t len = all ? sizeof buffer_ : LengthOf(op.b);
    if (!type.is_stream && type.release != nullptr) len = std::min<size_t>(len, 5000);
    // UDP to loopback is never full: what does not fit the receiver is dropped.
    const int times = !all ? 1 : &type == &kUdpSocket ? 3 : 1000;
    for (int i = 0; i < times; ++i) {
      if (WriteOnce(slot, len) < 0) break;
    }
  }

  void Shutdown(const Op &op) {
    Slot *slot = SlotOf(op.a);
    if (slot == nullptr || slot->endpoint->type().shutdown == nullptr) return;
    constexpr mio_shutdown kHow[] = {MIO_SHUTDOWN_READ, MIO_SHUTDOWN_WRITE, MIO_SHUTDOWN_BOTH};
    constexpr const char *kNames[] = {"READ", "WRITE", "BOTH"};
    const int how = op.b % 3;
    cause_ = slot->endpoint.get();
    const int result = slot->endpoint->type().shutdown(slot->endpoint->object(), kHow[how]);
    Say(std::string("mio_") + slot->endpoint->type().name + "_shutdown(&" + slot->endpoint->name() +
        ", MIO_SHUTDOWN_" + kNames[how] + "); /* " + std::to_string(result) + " */");
  }

  void TakeError(uint8_t a) {
    Slot *slot = SlotOf(a);
    if (slot == nullptr || slot->endpoint->type().take_error == nullptr) return;
    const int result = slot->endpoint->type().take_error(slot->endpoint->object());
    Say(std::string("mio_") + slot->endpoint->type().name + "_take_error(&" +
        slot->endpoint->name() + "); /* " + std::to_string(result) + " */");
    Drained(slot, kRead);
    Drained(slot, kWrite);
  }

  // --- Wakers

  void MakeWaker(int poll) {
    for (int i = 0; i < kMaxWakers; ++i) {
      WakerSlot &waker = wakers_[i];
      if (waker.poll >= 0) continue;
      waker.token = ++token_;
      const int result =
          mio_waker_init(&waker.waker, mio_poll_registry(&polls_[poll]), waker.token);
      Expect(result == 0, "mio_waker_init said " + Text(result));
      waker.poll = poll;
      waker.pending = false;
      Say("mio_waker_init(&w" + std::to_string(i) + ", mio_poll_registry(&p" +
          std::to_string(poll) + "), " + std::to_string(waker.token) + ");");
      return;
    }
  }

  void CloseWaker(WakerSlot *waker) {
    if (waker->poll < 0) return;
    mio_waker_close(&waker->waker);
    Say("mio_waker_close(&w" + std::to_string(waker - wakers_) + ");");
    waker->poll = -1;
  }

  void Wake(uint8_t a) {
    WakerSlot &waker = wakers_[a % kMaxWakers];
    if (waker.poll < 0) return;
    const int result = mio_waker_wake(&waker.waker);
    Expect(result == 0, "mio_waker_wake said " + Text(result));
    waker.pending = true;
    Say("mio_waker_wake(&w" + std::to_string(a % kMaxWakers) + ");");
  }

  // --- Waiting

  struct Came {
    int events = 0;
    bool readable = false, writable = false, error = false;
    bool read_closed = false, write_closed = false, priority = false;
  };

  // What has to come of a wait, before it.
  struct Debt {
    std::vector<mio_token> sources;
    std::vector<mio_token> wakers;
    bool any() const { return !sources.empty() || !wakers.empty(); }
  };

  Debt DebtOf(int poll) {
    Debt debt;
    for (Slot &slot : slots_) {
      slot.before = TruthOf(slot.endpoint->fd());
      if (slot.poll != poll) continue;
      Notice(&slot, slot.before);
      slot.known = slot.before;
      if (IsOwed(slot, slot.before)) debt.sources.push_back(slot.token);
    }
    for (const WakerSlot &waker : wakers_) {
      if (waker.poll == poll && waker.pending) debt.wakers.push_back(waker.token);
    }
    return debt;
  }

  static uint64_t TimeoutOf(uint8_t c, bool ends) {
    const uint64_t kTimeouts[] = {0, 0, 0, 0, 1000, 50000, kShort, MIO_FOREVER - 1, MIO_FOREVER};
    const uint64_t timeout = kTimeouts[c % 9];
    return timeout > kShort && !ends ? kShort : timeout;
  }

  static uint32_t CapacityOf(uint8_t b) {
    constexpr uint32_t kCapacities[] = {1,           2,           3,           8,
                                        kRoomForAll, kRoomForAll, kRoomForAll, kRoomForAll};
    return kCapacities[b % 8];
  }

  void WaitOp(const Op &op) {
    const int poll = (op.a & 3) == 3 ? 1 : 0;
    const Debt debt = DebtOf(poll);
    Wait(poll, CapacityOf(op.b), TimeoutOf(op.c, debt.any()));
  }

  void Wait(int poll, uint32_t capacity, uint64_t timeout_ns) {
    const Debt debt = DebtOf(poll);
    mio_event room[kRoomForAll];
    mio_events events = {};
    mio_events_init_with_buffer(&events, room, capacity);
    Say("wait_for(&p" + std::to_string(poll) + ", " + std::to_string(capacity) + ", " +
        (timeout_ns == MIO_FOREVER ? "MIO_FOREVER" : std::to_string(timeout_ns)) + ");");
    const uint64_t began = NowNs();
    int result;
    {
      const Alarm alarm(options_.lost_ms * 1000, false);
      result = mio_poll_wait(&polls_[poll], &events, timeout_ns);
    }
    const uint64_t took = NowNs() - began;
    ++verdict_.waits;
    verdict_.events += mio_events_count(&events);
    Expect(mio_events_count(&events) <= capacity, "more events than capacity");
    if (mio_error_kind(result) == MIO_ERROR_INTERRUPTED && debt.any()) {
      Fail("nothing came of a wait although " + Describe(debt) + " had to");
      return;
    }
    Expect(result == 0, "mio_poll_wait said " + Text(result));
    Collect(poll, events);
    Check(poll, debt, mio_events_count(&events), capacity, timeout_ns, took);
  }

  std::string Describe(const Debt &debt) const {
    std::string text;
    for (const mio_token token : debt.sources) {
      for (const Slot &slot : slots_) {
        if (slot.poll < 0 || slot.token != token) continue;
        text += " token " + std::to_string(token) + " (" + slot.endpoint->name() + ", " +
                InterestText(slot.interest) + ", poll(2) says " + Flags(slot.before) + ")";
      }
    }
    for (const mio_token token : debt.wakers) text += " waker " + std::to_string(token);
    return text;
  }

  void Collect(int poll, const mio_events &events) {
    came_.clear();
    full_ = mio_events_count(&events) == mio_events_capacity(&events);
    for (const mio_event *e = mio_events_begin(&events); e != mio_events_end(&events); ++e) {
      Came &came = came_[mio_event_token(e)];
      ++came.events;
      came.readable |= mio_event_is_readable(e);
      came.writable |= mio_event_is_writable(e);
      came.error |= mio_event_is_error(e);
      came.read_closed |= mio_event_is_read_closed(e);
      came.write_closed |= mio_event_is_write_closed(e);
      came.priority |= mio_event_is_priority(e);
      if (!options_.print_code) continue;
      char text[MIO_EVENT_FORMAT_MAX];
      mio_event_format(e, text, sizeof text);
      Say(std::string("/* came ") + text + " */");
    }
    for (const auto &[token, came] : came_) Receive(poll, token, came);
  }

  // Looks at what came under one token, and changes the model.
  void Receive(int poll, mio_token token, const Came &came) {
    const std::string name = "token " + std::to_string(token);
    for (WakerSlot &waker : wakers_) {
      if (waker.poll != poll || waker.token != token) continue;
      Expect(waker.pending, name + " of a waker came without a wake");
      Expect(came.readable && came.events == 1, name + " of a waker is not one readable event");
      waker.pending = false;
      return;
    }
    for (Slot &slot : slots_) {
      if (slot.poll != poll || slot.token != token) continue;
      Judge(slot, came, name);
      if (came.readable) slot.owed[kRead] = false;
      if (came.writable) slot.owed[kWrite] = false;
      // What an event told of has to be drained anew.
      if (came.readable) slot.drained[kRead] = false;
      if (came.writable) slot.drained[kWrite] = false;
      slot.exceptional = false;
      slot.fired = slot.IsOneShot();
      slot.told_closed |= came.read_closed;
      slot.known = TruthOf(slot.endpoint->fd());
      slot.told_lasting |= (slot.known & (POLLHUP | POLLERR)) != 0;
      return;
    }
    Fail(name + " came, which is not registered with p" + std::to_string(poll));
  }

  void Judge(const Slot &slot, const Came &came, const std::string &name) {
    // What arrives during the wait may be told already, and what was there before may be gone by a
    // kernel that delivers late: either truth is as good.
    const int truth = slot.before | TruthOf(slot.endpoint->fd());
    const std::string where = name + " (" + slot.endpoint->name() + ", " +
                              InterestText(slot.interest) + ", poll(2) says " + Flags(truth) + ") ";
    const int hang_up = truth & (POLLHUP | POLLERR);
    Expect(came.events <= 2, where + "came more than twice");
    Expect(!(slot.IsOneShot() && slot.fired), where + "came again, which is one-shot");
    if (slot.IsLevel()) {
      Expect(!came.readable || IsReady(kRead, truth), where + "is level and not readable");
      Expect(!came.writable || IsReady(kWrite, truth), where + "is level and not writable");
    }
    if (hang_up == 0 && !is_kqueue_) {
      const bool read_kinds = (slot.interest & (MIO_READABLE | MIO_PRIORITY)) != 0;
      Expect(!came.readable || read_kinds, where + "is readable, which was not asked for");
      Expect(!came.writable || slot.Has(MIO_WRITABLE),
             where + "is writable, which was not asked for");
    }
    if ((slot.before & (POLLHUP | POLLERR)) != 0) {
      // A kqueue has an event for each direction: one may have come before, or find no room, and of a
      // one-shot source the first may be the only one.
      const bool may_be_half = is_kqueue_ && (full_ || slot.IsOneShot());
      for (const Direction d : {kRead, kWrite}) {
        if (!slot.Has(kKindOf[d]) || may_be_half || (is_kqueue_ && !slot.owed[d])) continue;
        Expect(d == kRead ? came.readable : came.writable,
               where + "ended and is not " + (d == kRead ? "readable" : "writable"));
      }
    }
    Expect(!came.error || (truth & POLLERR) != 0 || is_kqueue_, where + "has no error");
    Expect(!came.priority || (truth & POLLPRI) != 0, where + "has no priority data");
    Expect(!came.read_closed || (truth & (POLLRDHUP | POLLHUP)) != 0, where + "is not read_closed");
    const bool is_broken_pipe = slot.endpoint->type().is_pipe && (truth & POLLERR) != 0;
    Expect(!came.write_closed || (truth & POLLHUP) != 0 || is_broken_pipe,
           where + "is not write_closed");
  }

  void Check(int poll, const Debt &debt, size_t count, uint32_t capacity, uint64_t timeout_ns,
             uint64_t took) {
    // The model of a kqueue may need a moment to see what is ready.
    const bool is_hasty = is_kqueue_ && timeout_ns > 0 && timeout_ns <= kShort;
    if (is_hasty) return;
    if (debt.any()) Expect(count > 0, "nothing came although" + Describe(debt) + " had to");
    if (count == 0) {
      Expect(took >= timeout_ns, "a wait of " + std::to_string(timeout_ns) + " ns took " +
                                     std::to_string(took) + " ns");
      if (poll == 1) DrainNested();
    }
    if (capacity < kRoomForAll) return;
    // Wakes may come alone, but not if the caller asked for just what there is.
    Debt missing;
    const bool sources_too = timeout_ns == 0 || debt.wakers.empty();
    for (const mio_token token : debt.sources) {
      if (sources_too && came_.count(token) == 0) missing.sources.push_back(token);
    }
    for (const mio_token token : debt.wakers) {
      if (came_.count(token) == 0) missing.wakers.push_back(token);
    }
    Expect(!missing.any(), "did not come:" + Describe(missing));
  }

  void DrainNested() {
    for (Slot &slot : slots_) {
      if (&slot.endpoint->type() == &kNested) Drained(&slot, kRead);
    }
  }

  void Interrupt(int poll) {
    if (DebtOf(poll).any()) return;
    for (const Slot &slot : slots_) {
      if (slot.poll == poll && slot.before != 0) return;
    }
    mio_event room[kRoomForAll];
    mio_events events = {};
    mio_events_init_with_buffer(&events, room, kRoomForAll);
    Say("wait_with_signals(&p" + std::to_string(poll) + ");");
    int result;
    {
      // Again and again, as the first may come before the thread sleeps.
      const Alarm alarm(1000, true);
      result = mio_poll_wait(&polls_[poll], &events, MIO_FOREVER);
    }
    ++verdict_.waits;
    if (result == 0 && !mio_events_is_empty(&events)) {
      Collect(poll, events);
      return;
    }
    Expect(mio_error_kind(result) == MIO_ERROR_INTERRUPTED,
           "a wait that only a signal could end said " + Text(result) + " with " +
               std::to_string(mio_events_count(&events)) + " events");
  }

  // --- fork

  // What a child does with all that it inherited. Returns the text of what was wrong.
  const char *ActAsChild(uint8_t choice) {
    if (choice == 0) return nullptr;
    mio_event room[kRoomForAll];
    mio_events events = {};
    mio_events_init_with_buffer(&events, room, kRoomForAll);
    if (choice == 1) {
      const int result = mio_poll_wait(&polls_[0], &events, 0);
      if (mio_error_kind(result) != MIO_ERROR_INVALID_INPUT) return "an inherited poll waits";
    }
    if (choice == 2) {
      mio_poll own = {};
      if (mio_poll_init(&own, nullptr) != 0) return "no poll of its own";
      for (Slot &slot : slots_) {
        if (&slot.endpoint->type() == &kNested) continue;
        const mio_interest interest = slot.endpoint->type().writes ? MIO_WRITABLE : MIO_READABLE;
        mio_source *source = slot.endpoint->source();
        if (mio_registry_register(mio_poll_registry(&own), source, 1, interest) != 0) {
          return "an inherited source cannot be registered";
        }
      }
      if (mio_poll_wait(&own, &events, 0) != 0) return "its own poll does not wait";
      mio_poll_close(&own);
    }
    slots_.clear();
    for (WakerSlot &waker : wakers_) mio_waker_close(&waker.waker);
    for (int i = 0; i < kPolls; ++i) {
      for (mio_registry &clone : clones_[i]) mio_registry_close(&clone);
      mio_poll_close(&polls_[i]);
    }
    return nullptr;
  }

  void Fork(uint8_t b) {
    if (!options_.forks) return;
    const uint8_t choice = b % 4;
    Say("fork_and_wait(" + std::to_string(choice) + ");");
    const pid_t child = fork();
    if (child < 0) return;
    if (child == 0) {
      // A child that hangs ends with the signal's default action.
      signal(SIGALRM, SIG_DFL);
      alarm(kChildSeconds);
      _exit(ActAsChild(choice) == nullptr ? 0 : 1);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    Expect(WIFEXITED(status), "a forked child did not end");
    Expect(!WIFEXITED(status) || WEXITSTATUS(status) == 0,
           "a forked child (" + std::to_string(choice) +
               ") was refused its own poll, or used its parent's");
  }

  void Do(const Op &op) {
    const std::string before = code_;
    switch (op.action) {
      case Action::kMake:
        return MakeSources(op.a);
      case Action::kRegister:
        return Register(op, false);
      case Action::kReregister:
        return Register(op, true);
      case Action::kDeregister:
        return Deregister(op);
      case Action::kClose:
        return CloseSource(op.a);
      case Action::kRelease:
        return Release(op.a);
      case Action::kDuplicate:
        return Duplicate(op.a);
      case Action::kCloseDuplicate:
        return CloseDuplicate();
      case Action::kRead:
        return ReadSource(op, false);
      case Action::kReadAll:
        return ReadSource(op, true);
      case Action::kWrite:
        return WriteSource(op, false);
      case Action::kFill:
        return WriteSource(op, true);
      case Action::kShutdown:
        return Shutdown(op);
      case Action::kTakeError:
        return TakeError(op.a);
      case Action::kConnect:
        return Connect(op.a);
      case Action::kMakeWaker:
        return MakeWaker((op.a & 3) == 3 ? 1 : 0);
      case Action::kCloseWaker:
        return CloseWaker(&wakers_[op.a % kMaxWakers]);
      case Action::kWake:
        return Wake(op.a);
      case Action::kClone:
        return Clone(op.a & 1);
      case Action::kCloseClone:
        return CloseClone(op.a & 1);
      case Action::kFork:
        return Fork(op.b);
      case Action::kReopen:
        return Reopen(op.a & 1, op.b);
      case Action::kWait:
        return WaitOp(op);
      case Action::kInterrupt:
        return Interrupt((op.a & 3) == 3 ? 1 : 0);
    }
  }

  const RunOptions options_;
  bool is_kqueue_ = false;
  bool is_poll_ = false;
  bool has_priority_ = false;
  bool has_nesting_ = false;
  mio_poll polls_[kPolls] = {};
  std::vector<mio_registry> clones_[kPolls];
  WakerSlot wakers_[kMaxWakers];
  std::vector<Slot> slots_;
  std::vector<int> duplicates_;
  std::map<mio_token, Came> came_;
  bool full_ = false;
  const Endpoint *cause_ = nullptr;  // whose own shutdown the operation under way is
  mio_token token_ = 0;
  int number_ = 0;
  int registrations_ = 0;
  char buffer_[70000] = {};
  Verdict verdict_;
  std::string code_;
};

}  // namespace

Verdict Run(const Program &program, const RunOptions &options) {
  const auto world = std::make_unique<World>(options);
  Verdict verdict = world->Run(program);
  verdict.ops = program.size();
  return verdict;
}

}  // namespace mio_fuzz
