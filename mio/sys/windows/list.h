#ifndef MIO_SYS_WINDOWS_LIST_H_
#define MIO_SYS_WINDOWS_LIST_H_

#include <stdbool.h>
#include <stddef.h>

/* A ring of links that are members of the listed structs. The list itself is one more link. A link is in at
 * most one list, and points to itself while it is in none. */
typedef struct mio_link {
  struct mio_link *next;
  struct mio_link *previous;
} mio_link;

static inline void mio_link_init(mio_link *link) { link->next = link->previous = link; }

static inline bool mio_link_is_alone(const mio_link *link) { return link->next == link; }

static inline void mio_link_remove(mio_link *link) {
  link->next->previous = link->previous;
  link->previous->next = link->next;
  mio_link_init(link);
}

/* Insert `link` into the list, after all other links or before them. */
static inline void mio_link_append(mio_link *list, mio_link *link) {
  link->next = list;
  link->previous = list->previous;
  list->previous->next = link;
  list->previous = link;
}

static inline void mio_link_prepend(mio_link *list, mio_link *link) {
  mio_link_append(list->next, link);
}

#endif /* MIO_SYS_WINDOWS_LIST_H_ */
