#include "mio/linux/epoll.h"

#include "mio/registry.h"
#include "mio/sys/selector.h"

int mio_registry_register_epoll(const mio_registry *registry, mio_source *source, mio_token token,
                                uint32_t flags) {
  return mio_registry_register_flags(registry, source, token, flags);
}

int mio_registry_reregister_epoll(const mio_registry *registry, mio_source *source, mio_token token,
                                  uint32_t flags) {
  return mio_registry_reregister_flags(registry, source, token, flags);
}

uint32_t mio_event_epoll_flags(const mio_event *event) { return mio_selector_event_flags(event); }
