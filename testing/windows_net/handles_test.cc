// Which handles others get to see, and which are left behind: none.

// clang-format off
#include <winsock2.h>
#include <windows.h>
// clang-format on

#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "mio/mio.h"
#include "testing/net_util.h"
#include "testing/sources.h"
#include "testing/subprocess.h"

namespace mio_test {
namespace {

constexpr char kVariable[] = "MIO_TEST_HANDLES";

// The port that a socket is bound to, 0 if the handle is none of this process.
int PortOf(mio_handle handle) {
  sockaddr_storage name = {};
  int len = sizeof name;
  if (getsockname(static_cast<SOCKET>(handle), reinterpret_cast<sockaddr *>(&name), &len) != 0) {
    return 0;
  }
  return ntohs(reinterpret_cast<const sockaddr_in *>(&name)->sin_port);
}

// Not a test: what the child of the next one does. It says of each number that it was given whether
// that is, here too, a socket at that port.
TEST(HandlesChild, DISABLED_Tells) {
  const char *given = getenv(kVariable);
  ASSERT_NE(nullptr, given);
  WSADATA data;
  ASSERT_EQ(0, WSAStartup(MAKEWORD(2, 2), &data));
  std::istringstream numbers(given);
  mio_handle handle = 0;
  int port = 0;
  while (numbers >> handle >> port) printf("%s\n", PortOf(handle) == port ? "SEEN" : "NOT SEEN");
}

TEST(Handles, AChildSeesNone) {
  TcpListener listener;
  StreamPair pair;
  UdpSocket udp, peer;
  Listen(&listener);
  ASSERT_OK(ConnectUdp(&udp, &peer));
  std::vector<mio_handle> handles(4);
  ASSERT_OK(mio_tcp_listener_handle(&listener, &handles[0]));
  ASSERT_OK(mio_tcp_stream_handle(pair.ours(), &handles[1]));
  ASSERT_OK(mio_tcp_stream_handle(pair.theirs(), &handles[2]));
  ASSERT_OK(mio_udp_socket_handle(&udp, &handles[3]));

  // What it would see, if it did.
  const mio_handle inherited = RawTcp(false);
  sockaddr_in any_port = {};
  any_port.sin_family = AF_INET;
  any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(0, bind(static_cast<SOCKET>(inherited), reinterpret_cast<sockaddr *>(&any_port),
                    sizeof any_port));
  handles.push_back(inherited);

  std::string numbers;
  for (const mio_handle handle : handles) {
    ASSERT_NE(0, PortOf(handle));
    numbers += std::to_string(handle) + " " + std::to_string(PortOf(handle)) + " ";
  }
  ASSERT_TRUE(SetEnvironmentVariableA(kVariable, numbers.c_str()));
  char program[MAX_PATH];
  ASSERT_NE(0u, GetModuleFileNameA(nullptr, program, sizeof program));
  // Its results are not to take the place of ours.
  SetEnvironmentVariableA("XML_OUTPUT_FILE", nullptr);
  Subprocess child({program, "--gtest_also_run_disabled_tests", "--gtest_filter=HandlesChild.*"});
  std::istringstream output(child.ReadAll());
  EXPECT_EQ(0, child.Wait());
  std::vector<std::string> answers;
  for (std::string line; std::getline(output, line);) {
    if (line == "SEEN" || line == "NOT SEEN") answers.push_back(line);
  }
  ASSERT_EQ(handles.size(), answers.size());
  for (size_t i = 0; i + 1 < answers.size(); ++i) EXPECT_EQ("NOT SEEN", answers[i]) << i;
  EXPECT_EQ("SEEN", answers.back()) << "this is how it would look";
  CloseHandle(inherited);
}

// Fails and succeeds many times; what is open afterwards is what was open before.
void ExpectNoneKept(const std::function<void()> &work) {
  work();  // the first one may load and open what stays
  const int before = CountHandles();
  for (int round = 0; round < 50; ++round) work();
  EXPECT_EQ(before, CountHandles());
}

TEST(Handles, ConstructorsThatFailKeepNone) {
  TcpListener taken;
  UdpSocket taken_udp;
  const mio_addr taken_addr = Listen(&taken), any_port = mio_addr_loopback_v4(0);
  mio_addr taken_udp_addr = {};
  ASSERT_OK(mio_udp_socket_bind(&taken_udp, &any_port));
  ASSERT_OK(mio_udp_socket_local_addr(&taken_udp, &taken_udp_addr));
  const mio_addr nobodys = mio_addr_v4(192, 0, 2, 1, 0);  // RFC 5737
  ExpectNoneKept([&] {
    mio_tcp_listener listener = {};
    mio_udp_socket udp = {};
    mio_tcp_stream stream = {};
    mio_tcp_listener_options spread = {};
    spread.reuse_port = true;
    EXPECT_ERROR(mio_tcp_listener_bind(&listener, &taken_addr), MIO_ERROR_ADDR_IN_USE);
    EXPECT_ERROR(mio_tcp_listener_bind(&listener, &nobodys), MIO_ERROR_ADDR_NOT_AVAILABLE);
    EXPECT_ERROR(mio_tcp_listener_bind_with(&listener, &nobodys, &spread), MIO_ERROR_UNSUPPORTED);
    EXPECT_ERROR(mio_udp_socket_bind(&udp, &taken_udp_addr), MIO_ERROR_ADDR_IN_USE);
    EXPECT_LT(mio_tcp_stream_connect(&stream, nullptr), 0);
  });
}

TEST(Handles, ConstructorsThatSucceedKeepNone) {
  ExpectNoneKept([] {
    StreamPair pair;
    UdpSocket a, b;
    EXPECT_OK(ConnectUdp(&a, &b));
  });
}

// Unix streams come with Windows 10, version 1803, and Wine has none; Unix datagrams nobody has.
TEST(Handles, UnixSocketsThatAreUnsupportedKeepNone) {
  TempFolder folder;
  const std::string path = folder.Path("socket");
  ExpectNoneKept([&] {
    mio_unix_datagram datagram = {}, other = {};
    EXPECT_ERROR(mio_unix_datagram_unbound(&datagram), MIO_ERROR_UNSUPPORTED);
    EXPECT_ERROR(mio_unix_datagram_bind(&datagram, path.c_str()), MIO_ERROR_UNSUPPORTED);
    EXPECT_ERROR(mio_unix_datagram_pair(&datagram, &other), MIO_ERROR_UNSUPPORTED);
    UnixStream a, b;
    const int made = mio_unix_stream_pair(&a, &b);
    EXPECT_TRUE(made == 0 || IsUnsupported(made)) << IsOk(made).message();
  });
}

}  // namespace
}  // namespace mio_test
