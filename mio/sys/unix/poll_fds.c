#include "mio/sys/unix/os.h"

#include "mio/sys/unix/poll_fds.h"

#include <stddef.h>

#include "mio/memory.h"

static size_t count_for(uint32_t capacity) { return MIO_POLL_FDS_FIXED + (size_t)capacity; }

static struct pollfd *get_entries(uint32_t capacity) {
  return mio_memory_get_array(count_for(capacity), sizeof(struct pollfd));
}

static void put_entries(struct pollfd *entries, uint32_t capacity) {
  mio_memory_put(entries, count_for(capacity) * sizeof *entries);
}

static void clear_dirty(mio_poll_fds *fds) {
  fds->dirty_begin = UINT32_MAX;
  fds->dirty_end = 0;
}

bool mio_poll_fds_open(mio_poll_fds *fds, uint32_t capacity) {
  fds->entries = get_entries(capacity);
  if (fds->entries == NULL) return false;
  fds->capacity = capacity;
  for (int i = 0; i < MIO_POLL_FDS_FIXED; ++i) fds->entries[i].fd = -1;
  clear_dirty(fds);
  return true;
}

void mio_poll_fds_close(mio_poll_fds *fds) {
  put_entries(fds->entries, fds->capacity);
  put_entries(fds->grown, fds->grown_capacity);
}

bool mio_poll_fds_reserve(mio_poll_fds *fds, uint32_t capacity) {
  struct pollfd *grown = get_entries(capacity);
  if (grown == NULL) return false;
  struct pollfd *before = fds->grown;
  const uint32_t before_capacity = fds->grown_capacity;
  fds->grown = grown;
  fds->grown_capacity = capacity;
  put_entries(before, before_capacity);
  return true;
}

void mio_poll_fds_mark(mio_poll_fds *fds, uint32_t i) {
  if (i < fds->dirty_begin) fds->dirty_begin = i;
  if (i >= fds->dirty_end) fds->dirty_end = i + 1;
}

/* Takes the larger array into use. */
static void grow(mio_poll_fds *fds, uint32_t slot_count) {
  struct pollfd *before = fds->entries;
  const uint32_t before_capacity = fds->capacity;
  for (int i = 0; i < MIO_POLL_FDS_FIXED; ++i) fds->grown[i] = before[i];
  fds->entries = fds->grown;
  fds->capacity = fds->grown_capacity;
  fds->grown = NULL;
  fds->grown_capacity = 0;
  put_entries(before, before_capacity);
  fds->dirty_begin = 0;
  fds->dirty_end = slot_count;
}

void mio_poll_fds_update(mio_poll_fds *fds, const mio_poll_table *table) {
  if (fds->grown != NULL) grow(fds, table->count);
  const uint32_t end = fds->dirty_end < table->count ? fds->dirty_end : table->count;
  for (uint32_t i = fds->dirty_begin; i < end; ++i) {
    fds->entries[MIO_POLL_FDS_FIXED + i] = mio_poll_slot_entry(&table->slots[i]);
  }
  clear_dirty(fds);
}
