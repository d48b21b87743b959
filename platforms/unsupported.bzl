"""What the build says when no backend fits the platform that is built for."""

UNSUPPORTED_PLATFORM = (
    "mio has no backend of its own for this platform. Supported: Linux and Android (epoll), macOS, iOS, tvOS, " +
    "watchOS, visionOS, FreeBSD, NetBSD, OpenBSD and DragonFly (kqueue), Windows (AFD). Any other Unix can be " +
    "tried over poll(2): add --@mio//platforms:selector=poll (without @mio in mio's own workspace). A " +
    "platform() of a Unix that @platforms does not know takes @mio//platforms:posix as its OS."
)
