/*
 * The socket. A connection sends lines; every one but `attach` may come again and again:
 *
 *   attach IN OUT ERR   (0 or 1 each) -> ok; from then on bytes: stdin one way, output the other way, in Docker's
 *                       8-byte frames {stream,0,0,0,length32be} or, with a terminal, raw; the output ends when all is
 *                       read, the connection when the client has closed its side too
 *   start               -> started PID | failed STATUS "what the runtime wrote to stderr"
 *   status              -> created | running PID | exited …
 *   wait                -> exited CODE SIGNAL SECONDS NANOSECONDS OOM, once the process has exited and all output is read
 *   signal N            -> ok | gone
 *   resize COLUMNS ROWS -> ok
 *   quit                -> no answer: kills the process, and the shim ends; after the exit, once those attached have all
 */
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Unread output of a client that stops the reading; more after the exit, when what is left in the pipes must come out. */
enum { CHOKE = 1 << 20, CHOKE_EXITED = 8 << 20 };

struct client {
  int fd;
  bool attached, in, stream[3];
  bool input_over; /* it sends no more */
  bool gone;       /* both directions are shut: nothing can be sent to it */
  bool closing;    /* is told the end once `out` is sent */
  bool told;       /* has been; it goes when it has closed its side too */
  bool starts, waits;
  struct queue out;
};

static struct client **clients;
static size_t count;
static struct client *stdin_owner; /* whose end of input closes stdin (stdinOnce) */

static void drop(struct client *client) {
  if (client == stdin_owner) {
    stdin_owner = NULL;
    input_end();
  }
  /* Unread bytes at close would reach the peer as ECONNRESET. */
  char rest[4096];
  while (recv(client->fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
  close(client->fd);
  queue_clear(&client->out);
  for (size_t i = 0; i < count; i++) {
    if (clients[i] == client) {
      clients[i] = clients[--count];
      break;
    }
  }
  free(client);
}

static void send_text(struct client *client, const char *text) {
  queue_add(&client->out, text, strlen(text));
}

static void send_exit(struct client *client) {
  char text[128];
  snprintf(text, sizeof text, "exited %d %d %lld %ld %d\n", shim.exit_code, shim.exit_signal,
           (long long)shim.exited_at.tv_sec, shim.exited_at.tv_nsec, shim.oom);
  send_text(client, text);
}

void clients_accept(void) {
  int fd;
  while ((fd = accept4(shim.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    struct client *client = calloc(1, sizeof *client);
    struct client **more = realloc(clients, (count + 1) * sizeof *clients);
    if (more != NULL) clients = more;
    if (client == NULL || more == NULL) {
      free(client);
      close(fd);
      return;
    }
    client->fd = fd;
    clients[count++] = client;
  }
}

static void attach(struct client *client, bool in, bool out, bool err) {
  send_text(client, "ok\n");
  client->attached = true;
  client->in = in && shim.options.stdin_open;
  client->stream[STDOUT] = out;
  client->stream[STDERR] = err;
  client->closing = shim.phase == FINISHED;
  if (client->in && shim.options.stdin_once && !shim.options.terminal && stdin_owner == NULL) stdin_owner = client;
}

static void command(struct client *client, const char *line) {
  int a, b, c;
  char text[64];
  if (sscanf(line, "attach %d %d %d", &a, &b, &c) == 3) {
    attach(client, a, b, c);
  } else if (strcmp(line, "start") == 0 && shim.phase == CREATED) {
    client->starts = true;
    start();
  } else if (strcmp(line, "wait") == 0) {
    if (shim.phase == FINISHED) send_exit(client);
    else client->waits = true;
  } else if (strcmp(line, "status") == 0) {
    snprintf(text, sizeof text, "running %d\n", shim.init);
    if (shim.phase >= EXITED) send_exit(client);
    else send_text(client, shim.phase == RUNNING ? text : "created\n");
  } else if (sscanf(line, "signal %d", &a) == 1) {
    /* init is not reaped while the phase is RUNNING, so the pid is its own. */
    send_text(client, shim.phase == RUNNING && kill(shim.init, a) == 0 ? "ok\n" : "gone\n");
  } else if (sscanf(line, "resize %d %d", &a, &b) == 2) {
    resize(a, b);
    send_text(client, "ok\n");
  } else if (strcmp(line, "quit") == 0) {
    quit();
    client->closing = true;
  } else {
    send_text(client, "failed 0 \"bad request\"\n");
  }
}

/* Takes whole lines, and nothing of what follows `attach`. False when the client is gone. */
static bool read_lines(struct client *client) {
  while (!client->attached) {
    char line[256];
    ssize_t n = recv(client->fd, line, sizeof line - 1, MSG_PEEK);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    char *end = memchr(line, '\n', n);
    if (end == NULL) return n < (ssize_t)sizeof line - 1;
    recv(client->fd, line, end - line + 1, 0);
    *end = 0;
    command(client, line);
  }
  return true;
}

/* Whether bytes from this client can be used (or thrown away) now. */
static bool wants_input(const struct client *client) {
  if (!client->attached) return true;
  if (client->input_over) return false;
  if (!client->in || shim.phase >= EXITED) return true;
  return shim.phase == RUNNING && shim.pending_input.length == 0;
}

static void read_input(struct client *client) {
  static char bytes[32768];
  ssize_t n = recv(client->fd, bytes, sizeof bytes, 0);
  if (n > 0) {
    if (client->in && shim.input >= 0 && !shim.input_ended) queue_add(&shim.pending_input, bytes, n);
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    client->input_over = true;
    if (client == stdin_owner) {
      stdin_owner = NULL;
      input_end();
    }
  }
}

size_t clients_poll(struct pollfd **set, size_t filled) {
  *set = realloc(*set, (filled + count) * sizeof **set);
  if (*set == NULL) die("poll");
  for (size_t i = 0; i < count; i++) {
    struct client *client = clients[i];
    bool sends = !client->gone && (client->out.length > 0 || (client->closing && !client->told));
    short events = (wants_input(client) ? POLLIN : 0) | (sends ? POLLOUT : 0);
    /* A client that is gone hangs up at every poll; it stays only for the input that it left behind. */
    (*set)[filled + i] = (struct pollfd){client->gone && !wants_input(client) ? -1 : client->fd, events, 0};
  }
  return filled + count;
}

void clients_serve(const struct pollfd *set, size_t first) {
  /* Backwards, because dropping one moves the last one into its place; new ones come after those polled. */
  for (size_t i = count; i-- > 0;) {
    struct client *client = clients[i];
    short events = set[first + i].revents;
    bool alive = true;
    if (events & POLLIN) {
      if (client->attached) read_input(client);
      else alive = read_lines(client);
    }
    if (events & (POLLHUP | POLLERR)) {
      client->gone = true;
      queue_clear(&client->out);
      if (!client->attached || !client->in || shim.phase >= EXITED) alive = false;
    }
    if (client->gone && client->input_over) alive = false;
    if (alive && !client->gone && client->out.length > 0) alive = queue_write(&client->out, client->fd);
    /* Were it closed while input is still on its way, the peer would have an error before it has read the rest of the output. */
    if (alive && !client->gone && client->closing && client->out.length == 0 && !client->told) {
      shutdown(client->fd, SHUT_WR);
      client->told = true;
    }
    if (client->told && client->input_over) alive = false;
    if (!alive) drop(client);
  }
}

void clients_output(int stream, const char *bytes, size_t length) {
  unsigned char header[8] = {stream, 0, 0, 0, length >> 24, length >> 16, length >> 8, length};
  for (size_t i = count; i-- > 0;) {
    struct client *client = clients[i];
    if (!client->attached || !client->stream[stream] || client->gone) continue;
    if (!shim.options.terminal) queue_add(&client->out, header, sizeof header);
    queue_add(&client->out, bytes, length);
    if (!queue_write(&client->out, client->fd)) {
      client->gone = true;
      queue_clear(&client->out);
    }
  }
}

bool clients_choked(void) {
  size_t limit = shim.phase == RUNNING ? CHOKE : CHOKE_EXITED;
  for (size_t i = 0; i < count; i++) {
    if (clients[i]->out.length > limit) return true;
  }
  return false;
}

void clients_started(void) {
  char text[64];
  snprintf(text, sizeof text, "started %d\n", shim.init);
  for (size_t i = 0; i < count; i++) {
    if (clients[i]->starts) send_text(clients[i], text);
    clients[i]->starts = false;
  }
}

void clients_failed(const char *message, size_t length) {
  struct queue text = {0};
  char head[64];
  queue_add(&text, head, snprintf(head, sizeof head, "failed %d \"", shim.exit_code));
  json_escape(&text, (const unsigned char *)message, length);
  queue_add(&text, "\"\n", 2);
  for (size_t i = 0; i < count; i++) {
    if (clients[i]->starts) queue_add(&clients[i]->out, text.data, text.length);
    clients[i]->starts = false;
  }
  queue_clear(&text);
}

void clients_finish(void) {
  for (size_t i = 0; i < count; i++) {
    if (clients[i]->waits) send_exit(clients[i]);
    clients[i]->waits = false;
    if (clients[i]->attached) clients[i]->closing = true;
  }
}

bool clients_done(void) {
  for (size_t i = 0; i < count; i++) {
    if (clients[i]->attached || clients[i]->out.length > 0) return false;
  }
  return true;
}
