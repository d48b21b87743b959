#include "mio/sys/unix/poll_table.h"

#include <string.h>

#include "mio/memory.h"

/* The position where the search for `fd` starts. Multiplying by 2^32 over the golden ratio spreads the runs of
 * neighbouring numbers that descriptors come in. */
static uint32_t home_of(const mio_poll_table *table, int fd) {
  return (uint32_t)fd * UINT32_C(0x9e3779b9) >> (32 - table->index_bits);
}

static uint32_t index_size(uint32_t index_bits) {
  return index_bits == 0 ? 0 : UINT32_C(1) << index_bits;
}

static uint32_t index_mask(const mio_poll_table *table) {
  return (UINT32_C(1) << table->index_bits) - 1;
}

/* The position of `fd` in the index, or the free position where it would be. */
static uint32_t position_of(const mio_poll_table *table, int fd) {
  uint32_t position = home_of(table, fd);
  while (table->index[position] != 0 && table->slots[table->index[position] - 1].fd != fd) {
    position = (position + 1) & index_mask(table);
  }
  return position;
}

bool mio_poll_table_reserve(mio_poll_table *table, uint32_t capacity) {
  if (capacity <= table->capacity) return true;
  if (capacity > UINT32_C(1) << 29) return false;
  uint32_t bits = 1;
  while (index_size(bits) / 2 < capacity) ++bits;
  mio_poll_table grown = {.capacity = capacity, .index_bits = bits};
  grown.slots = mio_memory_get_array(capacity, sizeof *grown.slots);
  grown.index = mio_memory_get_array(index_size(bits), sizeof *grown.index);
  if (grown.slots == NULL || grown.index == NULL) {
    mio_poll_table_clear(&grown);
    return false;
  }
  for (uint32_t i = 0; i < table->count; ++i) {
    *mio_poll_table_add(&grown, table->slots[i].fd) = table->slots[i];
  }
  /* In this order: a child of fork(2) that another thread makes now finds no freed memory here. */
  mio_poll_table before = *table;
  *table = grown;
  mio_poll_table_clear(&before);
  return true;
}

void mio_poll_table_clear(mio_poll_table *table) {
  mio_memory_put(table->slots, table->capacity * sizeof *table->slots);
  mio_memory_put(table->index, index_size(table->index_bits) * sizeof *table->index);
  memset(table, 0, sizeof *table);
}

mio_poll_slot *mio_poll_table_find(const mio_poll_table *table, int fd) {
  if (table->count == 0) return NULL;
  const uint32_t number = table->index[position_of(table, fd)];
  return number == 0 ? NULL : &table->slots[number - 1];
}

mio_poll_slot *mio_poll_table_add(mio_poll_table *table, int fd) {
  mio_poll_slot *slot = &table->slots[table->count];
  memset(slot, 0, sizeof *slot);
  slot->fd = fd;
  table->index[position_of(table, fd)] = ++table->count;
  return slot;
}

/* Frees the position `hole` and moves back the entries that a search could not reach any more across
 * the gap. */
static void close_gap(mio_poll_table *table, uint32_t hole) {
  const uint32_t mask = index_mask(table);
  for (uint32_t position = (hole + 1) & mask; table->index[position] != 0;
       position = (position + 1) & mask) {
    const uint32_t home = home_of(table, table->slots[table->index[position] - 1].fd);
    if (((position - home) & mask) < ((position - hole) & mask)) continue;
    table->index[hole] = table->index[position];
    hole = position;
  }
  table->index[hole] = 0;
}

void mio_poll_table_remove(mio_poll_table *table, mio_poll_slot *slot) {
  const mio_poll_slot *last = &table->slots[table->count - 1];
  close_gap(table, position_of(table, slot->fd));
  if (slot != last) {
    table->index[position_of(table, last->fd)] = (uint32_t)(slot - table->slots) + 1;
    *slot = *last;
  }
  --table->count;
}
