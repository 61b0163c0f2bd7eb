#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void queue_add(struct queue *queue, const void *bytes, size_t length) {
  if (queue->start + queue->length + length > queue->capacity) {
    if (queue->start > 0) {
      memmove(queue->data, queue->data + queue->start, queue->length);
      queue->start = 0;
    }
    size_t wanted = queue->length + length;
    if (wanted > queue->capacity) {
      size_t capacity = queue->capacity ? queue->capacity : 4096;
      while (capacity < wanted) capacity *= 2;
      char *data = realloc(queue->data, capacity);
      if (data == NULL) return; /* the bytes are lost, the container goes on */
      queue->data = data;
      queue->capacity = capacity;
    }
  }
  memcpy(queue->data + queue->start + queue->length, bytes, length);
  queue->length += length;
}

void queue_clear(struct queue *queue) {
  free(queue->data);
  memset(queue, 0, sizeof *queue);
}

bool queue_write(struct queue *queue, int fd) {
  while (queue->length > 0) {
    ssize_t n = write(fd, queue->data + queue->start, queue->length);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN;
    }
    queue->start += n;
    queue->length -= n;
  }
  queue->start = 0;
  if (queue->capacity > 65536) queue_clear(queue);
  return true;
}

int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void die(const char *what) {
  dprintf(2, "strata-shim: %s: %s\n", what, strerror(errno));
  _exit(1);
}

ssize_t read_file(const char *path, char *into, size_t capacity) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t length = 0;
  while (length < capacity - 1) {
    ssize_t n = read(fd, into + length, capacity - 1 - length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    length += n;
  }
  close(fd);
  into[length] = 0;
  return length;
}

void replace_file(const char *path, const char *text) {
  char temporary[64];
  snprintf(temporary, sizeof temporary, ".%s.new", path);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  size_t length = strlen(text);
  bool whole = write(fd, text, length) == (ssize_t)length;
  close(fd);
  if (!whole || rename(temporary, path) != 0) unlink(temporary);
}

unsigned long long start_time(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (read_file(path, text, sizeof text) <= 0) return 0;
  /* The name, in parentheses, may hold anything; field 3 follows the last parenthesis. */
  char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at, NULL, 10);
}

int listen_at(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, name, sizeof address.sun_path - 1);
  unlink(name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0) die(name);
  return fd;
}

int receive_descriptor(int socket) {
  char byte[4096];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * 4)];
  } control;
  struct iovec data = {byte, sizeof byte};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) < 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

void resize(int columns, int rows) {
  shim.options.columns = columns;
  shim.options.rows = rows;
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  if (shim.options.terminal && shim.output[STDOUT] >= 0) ioctl(shim.output[STDOUT], TIOCSWINSZ, &size);
}
