/*
 * strata-shim: the parent of one container's (or one exec's) processes.
 *
 * It outlives the engine, holds the pty or the pipes of the process, writes its log, serves attach and control on
 * <dir>/shim.sock and records the exit in <dir>/exit. shim.c has the life cycle, shim-client.c the socket's protocol,
 * shim-io.c buffers and files, shim-log.c the json-file log.
 */
#ifndef STRATA_SHIM_H
#define STRATA_SHIM_H

#define _GNU_SOURCE
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { STDIN, STDOUT, STDERR };

/* A queue of bytes. All zero is the empty one. */
struct queue {
  char *data;
  size_t start, length, capacity;
};

struct options {
  const char *dir;
  const char *log_path;   /* NULL: no log */
  int64_t log_max_size;   /* bytes; 0 never rotates */
  int log_max_files;
  const char *oom_file;   /* memory.oom_control or memory.events of the cgroup, or NULL */
  const char *kill_file;  /* cgroup.procs whose processes die with the first one (shared pid namespace), or NULL */
  const char *program;    /* file to run as the runtime instead of looking its name up in PATH, or NULL */
  const char *hide;       /* mount point that the runtime must not see, or NULL */
  bool foreground;        /* become the runtime at once */
  bool terminal, stdin_open, stdin_once;
  int columns, rows;
  char **runtime;         /* argv of the OCI runtime */
};

enum phase {
  CREATED,  /* waits for `start` */
  STARTING, /* the OCI runtime is at work */
  RUNNING,
  EXITED,   /* reaped, output may still be on its way */
  FINISHED  /* all output read: the exit is announced */
};

struct shim {
  struct options options;
  enum phase phase;
  pid_t runtime, init;
  int listener, signals, console_listener;
  int input;        /* write end of the process's stdin, or the pty; -1 */
  int output[3];    /* read ends by stream; the pty is [STDOUT]; -1 */
  bool heard;       /* some output has come */
  bool input_ended; /* close `input` once `pending_input` is written */
  struct queue pending_input;
  int64_t pty_retry, drain_until; /* CLOCK_MONOTONIC, ms; 0 none */
  int exit_code, exit_signal;
  bool oom;
  struct timespec exited_at;
};

extern struct shim shim;

/* shim-io.c */
void queue_add(struct queue *queue, const void *bytes, size_t length);
/* Writes what the descriptor takes now. False when it is broken. */
bool queue_write(struct queue *queue, int fd);
void queue_clear(struct queue *queue);
int64_t now_ms(void);
_Noreturn void die(const char *what);
ssize_t read_file(const char *path, char *into, size_t capacity);
void replace_file(const char *path, const char *text);
/* Start time of a process in clock ticks since boot (field 22 of /proc/pid/stat), which with its pid names it for good; 0 unknown. */
unsigned long long start_time(pid_t pid);
/* A listening unix socket in the working directory, mode 0600. */
int listen_at(const char *name);
/* Takes the pty that the runtime sends (SCM_RIGHTS). -1 when there is none. */
int receive_descriptor(int socket);
void resize(int columns, int rows);

/* shim-log.c */
void log_open(const char *path, int64_t max_size, int max_files);
void log_feed(int stream, const char *bytes, size_t length);
/* Writes what is left of an unfinished line. */
void log_end(int stream);
/* Appends bytes as the inside of a JSON string, as Docker's json-file driver writes it. */
void json_escape(struct queue *into, const unsigned char *bytes, size_t length);

/* shim-words.c */
/* Puts Docker's words in the place of a runtime's, when that is what the first output of a process is; the new length. */
size_t exec_words(char *bytes, size_t length, size_t capacity);

/* shim-client.c */
void clients_accept(void);
/* Adds the clients to a poll set; returns the new count. */
size_t clients_poll(struct pollfd **set, size_t count);
void clients_serve(const struct pollfd *set, size_t first);
void clients_output(int stream, const char *bytes, size_t length);
/* True while some client has so much unread that reading more of the output has to wait. */
bool clients_choked(void);
void clients_started(void);
void clients_failed(const char *message, size_t length);
void clients_finish(void);
/* True when nobody has bytes left to receive. */
bool clients_done(void);

/* shim.c */
void start(void);
void quit(void);
void input_end(void);

#endif
