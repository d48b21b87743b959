#include "mio/sys/windows/poll_group.h"

#include <stdint.h>

#include "mio/memory.h"
#include "mio/sys/windows/afd.h"

void mio_socket_slab_init(mio_socket_slab *slab) {
  slab->chunks = NULL;
  slab->group_count = 0;
  mio_link_init(&slab->free);
  mio_link_init(&slab->dropped);
}

static mio_poll_group *group_of(mio_afd_socket *socket) {
  return (mio_poll_group *)(void *)((char *)(socket - socket->slot) -
                                    offsetof(mio_poll_group, sockets));
}

bool mio_socket_slab_grow(mio_socket_slab *slab, size_t count) {
  const size_t group_count = count / MIO_POLL_GROUP_SIZE + (count % MIO_POLL_GROUP_SIZE != 0);
  if (group_count > (SIZE_MAX - sizeof(mio_slab_chunk)) / sizeof(mio_poll_group)) return false;
  const size_t size = sizeof(mio_slab_chunk) + group_count * sizeof(mio_poll_group);
  mio_slab_chunk *chunk = mio_memory_get(size);
  if (chunk == NULL) return false;
  chunk->size = size;
  chunk->group_count = group_count;
  chunk->next = slab->chunks;
  slab->chunks = chunk;
  slab->group_count += group_count;
  for (size_t g = 0; g < group_count; ++g) {
    for (uint32_t i = 0; i < MIO_POLL_GROUP_SIZE; ++i) {
      mio_afd_socket *socket = &chunk->groups[g].sockets[i];
      socket->slot = i;
      mio_link_init(&socket->operation.link);
      mio_link_append(&slab->free, &socket->link);
    }
  }
  return true;
}

mio_afd_socket *mio_socket_slab_take(mio_socket_slab *slab, mio_selector *selector,
                                     int *out_result) {
  mio_link *list = mio_link_is_alone(&slab->free) ? &slab->dropped : &slab->free;
  *out_result = 0;
  if (mio_link_is_alone(list)) return NULL;
  mio_afd_socket *socket = mio_afd_socket_of(list->next);
  mio_poll_group *group = group_of(socket);
  if (group->afd == NULL) *out_result = mio_afd_open(selector, &group->afd);
  if (*out_result < 0) return NULL;
  mio_link_remove(&socket->link);
  socket->operation.handle = group->afd;
  return socket;
}

void mio_socket_slab_put(mio_socket_slab *slab, mio_afd_socket *socket) {
  mio_link_remove(&socket->link);
  mio_link_prepend(&slab->free, &socket->link);
}

void mio_socket_slab_put_dropped(mio_socket_slab *slab, mio_afd_socket *socket) {
  mio_link_append(&slab->dropped, &socket->link);
}

void mio_socket_slab_close_handles(mio_socket_slab *slab) {
  for (mio_slab_chunk *chunk = slab->chunks; chunk != NULL; chunk = chunk->next) {
    for (size_t g = 0; g < chunk->group_count; ++g) {
      mio_poll_group *group = &chunk->groups[g];
      if (group->afd != NULL) (void)CloseHandle(group->afd);
      group->afd = NULL;
    }
  }
}

void mio_socket_slab_clear(mio_socket_slab *slab) {
  while (slab->chunks != NULL) {
    mio_slab_chunk *chunk = slab->chunks;
    slab->chunks = chunk->next;
    mio_memory_put(chunk, chunk->size);
  }
}
