#include "mio/sys/net.h"

#include "mio/error.h"
#include "mio/sys/transfer.h"

/* The functions of mio/sys/net.h for a system without sockets. */

static int unsupported(void) { return mio_error_from_kind(MIO_ERROR_UNSUPPORTED); }

int mio_net_name_from_addr(const mio_addr *addr, mio_net_name *out_name) {
  (void)addr, (void)out_name;
  return unsupported();
}

int mio_net_name_from_unix_addr(const mio_unix_addr *addr, mio_net_name *out_name) {
  (void)addr, (void)out_name;
  return unsupported();
}

int mio_net_name_to_addr(const mio_net_name *name, mio_addr *out_addr) {
  (void)name, (void)out_addr;
  return unsupported();
}

int mio_net_name_to_unix_addr(const mio_net_name *name, mio_unix_addr *out_addr) {
  (void)name, (void)out_addr;
  return unsupported();
}

int mio_net_open(mio_net_family family, mio_net_type type, mio_handle *out_handle) {
  (void)family, (void)type, (void)out_handle;
  return unsupported();
}

int mio_net_open_pair(mio_net_type type, mio_handle out_handles[2]) {
  (void)type, (void)out_handles;
  return unsupported();
}

int mio_net_adopt(mio_handle handle, mio_net_type type, bool is_unix) {
  (void)handle, (void)type, (void)is_unix;
  return unsupported();
}

void mio_net_close(mio_handle handle) { (void)handle; }

int mio_net_bind(mio_handle handle, const mio_net_name *name) {
  (void)handle, (void)name;
  return unsupported();
}

int mio_net_listen(mio_handle handle, int backlog) {
  (void)handle, (void)backlog;
  return unsupported();
}

int mio_net_accept(mio_handle handle, mio_handle *out_handle, mio_net_name *out_peer) {
  (void)handle, (void)out_handle, (void)out_peer;
  return unsupported();
}

int mio_net_connect(mio_handle handle, const mio_net_name *name) {
  (void)handle, (void)name;
  return unsupported();
}

int mio_net_shutdown(mio_handle handle, mio_shutdown how) {
  (void)handle, (void)how;
  return unsupported();
}

int mio_net_local_name(mio_handle handle, mio_net_name *out_name) {
  (void)handle, (void)out_name;
  return unsupported();
}

int mio_net_peer_name(mio_handle handle, mio_net_name *out_name) {
  (void)handle, (void)out_name;
  return unsupported();
}

ptrdiff_t mio_net_send(mio_handle handle, const void *buffer, size_t len, const mio_net_name *to) {
  (void)handle, (void)buffer, (void)len, (void)to;
  return unsupported();
}

ptrdiff_t mio_net_recv(mio_handle handle, void *buffer, size_t len, mio_net_recv_mode mode,
                       mio_net_name *out_from) {
  (void)handle, (void)buffer, (void)len, (void)mode, (void)out_from;
  return unsupported();
}

ptrdiff_t mio_net_send_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                const mio_net_name *to) {
  (void)handle, (void)buffers, (void)count, (void)to;
  return unsupported();
}

ptrdiff_t mio_net_recv_vectored(mio_handle handle, const mio_iovec *buffers, size_t count,
                                mio_net_name *out_from, bool *out_truncated) {
  (void)handle, (void)buffers, (void)count, (void)out_from, (void)out_truncated;
  return unsupported();
}

int mio_net_get(mio_handle handle, mio_net_option option, int *out_value) {
  (void)handle, (void)option, (void)out_value;
  return unsupported();
}

int mio_net_set(mio_handle handle, mio_net_option option, int value) {
  (void)handle, (void)option, (void)value;
  return unsupported();
}

int mio_net_take_error(mio_handle handle) {
  (void)handle;
  return unsupported();
}

int mio_net_membership_v4(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          const mio_addr *interface_addr) {
  (void)handle, (void)what, (void)group, (void)interface_addr;
  return unsupported();
}

int mio_net_membership_v6(mio_handle handle, mio_net_membership what, const mio_addr *group,
                          uint32_t interface_index) {
  (void)handle, (void)what, (void)group, (void)interface_index;
  return unsupported();
}

int mio_net_peer_credentials(mio_handle handle, uint32_t *out_uid, uint32_t *out_gid,
                             int64_t *out_pid) {
  (void)handle, (void)out_uid, (void)out_gid, (void)out_pid;
  return unsupported();
}

int mio_net_open_mptcp(mio_net_family family, mio_handle *out_handle) {
  (void)family, (void)out_handle;
  return unsupported();
}

bool mio_net_supports(mio_socket_feature feature) {
  (void)feature;
  return false;
}

int mio_net_disconnect(mio_handle handle) {
  (void)handle;
  return unsupported();
}

int mio_net_membership_by_index(mio_handle handle, mio_net_membership what, const mio_addr *group,
                                const mio_addr *source, uint32_t interface_index) {
  (void)handle, (void)what, (void)group, (void)source, (void)interface_index;
  return unsupported();
}

int mio_net_multicast_interface_v4(mio_handle handle, const mio_addr *interface_addr) {
  (void)handle, (void)interface_addr;
  return unsupported();
}

int mio_net_multicast_interface(mio_handle handle, bool is_v6, uint32_t interface_index) {
  (void)handle, (void)is_v6, (void)interface_index;
  return unsupported();
}

uint32_t mio_net_interface_index(const char *name, size_t len) {
  (void)name, (void)len;
  return 0;
}

bool mio_net_interface_name(uint32_t index, char out_name[MIO_NET_INTERFACE_NAME_MAX]) {
  (void)index, (void)out_name;
  return false;
}
