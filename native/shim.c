/*
 * Usage: strata-shim [option=value …] -- RUNTIME ARGUMENT…
 *
 *   dir=D                folder of the task or exec; working directory of the shim and of the runtime
 *   terminal=1           the runtime sends a pty to D/console.sock; else three pipes
 *   stdin=1              standard input stays open; else it is /dev/null
 *   stdin-once=1         it closes with the first client that attached to it
 *   columns=C rows=R     first size of the terminal
 *   log=P log-max-size=N log-max-files=N
 *   oom-file=P kill-file=P   see struct options
 *   program=P            file that is run as RUNTIME; opened at once, it may be gone when it is run
 *   hide=M               the runtime runs in a mount namespace of its own in which nothing is mounted at M; M lies
 *                        directly in another mount, and all other mounts stay what they are, with their propagation
 *   foreground=1         there is no shim: this process becomes the runtime at once, with program and hide
 *
 * Returns 0 once D/shim.sock can be connected to; the shim itself goes on in the background. Files in D:
 *
 *   shim.pid   "PID STARTTIME" of the shim       pid    init's, written by the runtime
 *   started    "PID STARTTIME" of the init       exit   "exited CODE SIGNAL SECONDS NANOSECONDS OOM"
 *
 * It ends by itself once the exit is on disk and everybody attached has got all that was meant for them and gone; and
 * when its folder is removed before the start, since nobody can reach it then.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long output is waited for after the exit when something else still holds its pipe (Docker's figure), ms. */
enum { DRAIN = 2000, PTY_RETRY = 1000 };

/* How often a shim that waits for its start looks whether anybody can still reach it, ms. */
enum { REACHED = 1000 };

/* Exit code of a process that somebody else has reaped. */
enum { UNKNOWN_EXIT = 255 };

struct shim shim = {.listener = -1, .console_listener = -1, .input = -1, .output = {-1, -1, -1}};

static const char *const socket_name = "shim.sock", *const console_name = "console.sock";

static void parse(char **argv) {
  struct options *o = &shim.options;
  for (argv++; *argv != NULL && strcmp(*argv, "--") != 0; argv++) {
    char *value = strchr(*argv, '=');
    if (value == NULL) continue;
    *value++ = 0;
    const char *name = *argv;
    if (strcmp(name, "dir") == 0) o->dir = value;
    else if (strcmp(name, "terminal") == 0) o->terminal = *value == '1';
    else if (strcmp(name, "stdin") == 0) o->stdin_open = *value == '1';
    else if (strcmp(name, "stdin-once") == 0) o->stdin_once = *value == '1';
    else if (strcmp(name, "columns") == 0) o->columns = atoi(value);
    else if (strcmp(name, "rows") == 0) o->rows = atoi(value);
    else if (strcmp(name, "log") == 0) o->log_path = value;
    else if (strcmp(name, "log-max-size") == 0) o->log_max_size = atoll(value);
    else if (strcmp(name, "log-max-files") == 0) o->log_max_files = atoi(value);
    else if (strcmp(name, "oom-file") == 0) o->oom_file = value;
    else if (strcmp(name, "kill-file") == 0) o->kill_file = value;
    else if (strcmp(name, "program") == 0) o->program = value;
    else if (strcmp(name, "hide") == 0) o->hide = value;
    else if (strcmp(name, "foreground") == 0) o->foreground = *value == '1';
    else value[-1] = '=';
  }
  if (*argv == NULL || argv[1] == NULL || (o->dir == NULL && !o->foreground)) {
    dprintf(2, "usage: strata-shim dir=DIR [option=value ...] -- RUNTIME ARGUMENT...\n");
    _exit(2);
  }
  o->runtime = argv + 1;
}

static void write_identity(const char *file, pid_t pid) {
  char text[64];
  snprintf(text, sizeof text, "%d %llu\n", pid, start_time(pid));
  replace_file(file, text);
}

static void daemonise(void) {
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) {
    write_identity("shim.pid", pid);
    _exit(0);
  }
  setsid();
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  if (null > 2) close(null);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int ignored[] = {SIGHUP, SIGPIPE, SIGINT, SIGQUIT, SIGTERM};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, NULL);
  shim.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (shim.signals < 0) _exit(1);
}

/* What a mount namespace has below a mount of its own stays its own: the parent's propagation decides. */
static bool hide(const char *mount_point) {
  char parent[4096];
  snprintf(parent, sizeof parent, "%s", mount_point);
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, dirname(parent), NULL, MS_PRIVATE, NULL) == 0 &&
         umount2(mount_point, MNT_DETACH) == 0;
}

static int program = -1;

static _Noreturn void become_runtime(void) {
  if (shim.options.hide != NULL && !hide(shim.options.hide)) {
    dprintf(2, "can't hide %s: %s", shim.options.hide, strerror(errno));
    _exit(126);
  }
  if (program >= 0) fexecve(program, shim.options.runtime, environ);
  else execvp(shim.options.runtime[0], shim.options.runtime);
  dprintf(2, "%s: %s", shim.options.runtime[0], strerror(errno));
  _exit(127);
}

static _Noreturn void run_runtime(const int stdio[3]) {
  for (int fd = 0; fd < 3; fd++) {
    if (stdio[fd] == fd) fcntl(fd, F_SETFD, 0);
    else dup2(stdio[fd], fd);
  }
  for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(0022);
  become_runtime();
}

static void close_output(int stream) {
  if (shim.output[stream] < 0) return;
  log_end(stream);
  if (shim.input == shim.output[stream]) shim.input = -1;
  close(shim.output[stream]);
  shim.output[stream] = -1;
}

static void close_input(void) {
  if (shim.input >= 0 && !shim.options.terminal) close(shim.input);
  shim.input = -1;
  queue_clear(&shim.pending_input);
}

static void finish(void) {
  for (int stream = STDOUT; stream <= STDERR; stream++) close_output(stream);
  close_input();
  shim.phase = FINISHED;
  char text[128];
  snprintf(text, sizeof text, "exited %d %d %lld %ld %d\n", shim.exit_code, shim.exit_signal,
           (long long)shim.exited_at.tv_sec, shim.exited_at.tv_nsec, shim.oom);
  replace_file("exit", text);
  clients_finish();
}

/* Tells who asked for the start why there is none. */
static void fail(int code, const char *words, size_t length) {
  shim.exit_code = code;
  clients_failed(words, length);
  shim.exit_code = 128;
  clock_gettime(CLOCK_REALTIME, &shim.exited_at);
  finish();
}

void start(void) {
  int stdio[3], in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  /* With a terminal these pipes carry only what the runtime itself has to say. */
  bool made = pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0;
  bool own_input = shim.options.stdin_open && !shim.options.terminal;
  if (made && own_input) made = pipe2(in, O_CLOEXEC) == 0;
  if (!made || null < 0) die("pipe");
  stdio[STDIN] = own_input ? in[0] : null;
  stdio[STDOUT] = out[1];
  stdio[STDERR] = err[1];
  if (shim.options.terminal) shim.console_listener = listen_at(console_name);
  shim.phase = STARTING;
  shim.runtime = fork();
  if (shim.runtime == 0) run_runtime(stdio);
  int fork_error = shim.runtime < 0 ? errno : 0;
  close(null);
  if (own_input) close(in[0]);
  close(out[1]);
  close(err[1]);
  shim.input = own_input ? in[1] : -1;
  shim.output[STDOUT] = out[0];
  shim.output[STDERR] = err[0];
  for (int fd = STDOUT; fd <= STDERR; fd++) fcntl(shim.output[fd], F_SETFL, O_NONBLOCK);
  if (shim.input >= 0) fcntl(shim.input, F_SETFL, O_NONBLOCK);
  if (fork_error != 0) {
    char words[128];
    fail(126, words, snprintf(words, sizeof words, "fork: %s", strerror(fork_error)));
  }
}

void input_end(void) {
  shim.input_ended = true;
  if (shim.pending_input.length == 0 && shim.phase >= RUNNING) close_input();
}

/* With a terminal: replaces the runtime's own pipes by the pty. */
static bool take_console(void) {
  struct pollfd ready = {shim.console_listener, POLLIN, 0};
  if (poll(&ready, 1, 1000) != 1) return false;
  int socket = accept4(shim.console_listener, NULL, NULL, SOCK_CLOEXEC);
  if (socket < 0) return false;
  int pty = receive_descriptor(socket);
  close(socket);
  if (pty < 0) return false;
  close(shim.console_listener);
  unlink(console_name);
  shim.console_listener = -1;
  fcntl(pty, F_SETFL, O_NONBLOCK | O_RDWR);
  close(shim.output[STDOUT]);
  shim.output[STDOUT] = shim.input = pty;
  if (shim.options.columns > 0) resize(shim.options.columns, shim.options.rows);
  return true;
}

/* The runtime could not start the process: its own words, which came through the process's pipe, go to who asked. */
static void runtime_failed(int status) {
  static char words[4096];
  ssize_t n = read(shim.output[STDERR], words, sizeof words);
  fail(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), words, n > 0 ? n : 0);
}

static bool oom_killed(void) {
  char text[1024];
  if (shim.options.oom_file == NULL || read_file(shim.options.oom_file, text, sizeof text) <= 0) return false;
  const char *at = strstr(text, "oom_kill ");
  return at != NULL && atoll(at + 9) > 0;
}

/* What shares the machine's or another container's pid namespace does not die with its first process by itself. */
static void kill_rest(void) {
  FILE *processes = shim.options.kill_file == NULL ? NULL : fopen(shim.options.kill_file, "re");
  if (processes == NULL) return;
  int pid;
  while (fscanf(processes, "%d", &pid) == 1) {
    if (pid > 1) kill(pid, SIGKILL);
  }
  fclose(processes);
}

static void process_exited(int status) {
  clock_gettime(CLOCK_REALTIME, &shim.exited_at);
  shim.exit_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  shim.exit_code = shim.exit_signal ? 128 + shim.exit_signal : WEXITSTATUS(status);
  shim.oom = oom_killed();
  shim.phase = EXITED;
  shim.drain_until = now_ms() + DRAIN;
  shim.pty_retry = 0;
  close_input();
  kill_rest();
}

static void runtime_finished(int status) {
  char text[32];
  shim.runtime = 0;
  if (status != 0) return runtime_failed(status);
  shim.init = read_file("pid", text, sizeof text) > 0 ? atoi(text) : 0;
  if (shim.init <= 0) return runtime_failed(1 << 8);
  if (shim.options.terminal) {
    if (shim.console_listener >= 0 && !take_console()) {
      kill(shim.init, SIGKILL);
      return runtime_failed(1 << 8);
    }
    close(shim.output[STDERR]);
    shim.output[STDERR] = -1;
  }
  write_identity("started", shim.init);
  shim.phase = RUNNING;
  clients_started();
  if (shim.input_ended) input_end();
  /* A runtime that reaped init itself leaves nothing to wait for: how it ended nobody knows. */
  if (kill(shim.init, 0) != 0) process_exited(UNKNOWN_EXIT << 8);
}

static void reap(void) {
  struct signalfd_siginfo info;
  while (read(shim.signals, &info, sizeof info) > 0) {
  }
  int status;
  pid_t pid;
  /* Until the runtime has told who init is, nobody else is reaped: init may be dead already. */
  if (shim.runtime > 0) {
    if (waitpid(shim.runtime, &status, WNOHANG) != shim.runtime) return;
    runtime_finished(status);
  }
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == shim.init && shim.phase == RUNNING) process_exited(status);
  }
}

void quit(void) {
  /* Attached clients may have much to receive still; the shim ends by itself when they have it. */
  if (shim.phase == FINISHED) {
    unlink(socket_name);
    return;
  }
  if (shim.runtime > 0) kill(shim.runtime, SIGKILL);
  if (shim.phase == RUNNING) kill(shim.init, SIGKILL);
  unlink(socket_name);
  _exit(0);
}

static void read_output(int stream) {
  static char bytes[32768];
  ssize_t n = read(shim.output[stream], bytes, sizeof bytes);
  if (n > 0) {
    if (!shim.heard) n = exec_words(bytes, n, sizeof bytes);
    shim.heard = true;
    clients_output(stream, bytes, n);
    log_feed(stream, bytes, n);
  } else if (n < 0 && errno == EIO && shim.phase == RUNNING) {
    /* Nobody has the terminal open just now; somebody may open it again. */
    shim.pty_retry = now_ms() + PTY_RETRY;
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    close_output(stream);
  }
}

static void write_input(void) {
  if (!queue_write(&shim.pending_input, shim.input)) close_input();
  else if (shim.pending_input.length == 0 && shim.input_ended) close_input();
}

/* One turn: waits for whatever is next and does it. */
static void turn(struct pollfd **set) {
  enum { LISTENER, SIGNALS, CONSOLE, INPUT, OUTPUT, ERROR, FIXED };
  if (shim.phase == CREATED && access(socket_name, F_OK) != 0) _exit(0);
  int64_t now = now_ms(), deadline = shim.phase == EXITED ? shim.drain_until : shim.pty_retry;
  if (shim.phase == CREATED) deadline = now + REACHED;
  if (shim.pty_retry > 0 && shim.pty_retry <= now) shim.pty_retry = deadline = 0;
  bool reading = shim.phase >= RUNNING && shim.pty_retry == 0 && !clients_choked();
  (*set)[LISTENER] = (struct pollfd){shim.listener, POLLIN, 0};
  (*set)[SIGNALS] = (struct pollfd){shim.signals, POLLIN, 0};
  (*set)[CONSOLE] = (struct pollfd){shim.console_listener, POLLIN, 0};
  (*set)[INPUT] = (struct pollfd){shim.pending_input.length > 0 ? shim.input : -1, POLLOUT, 0};
  (*set)[OUTPUT] = (struct pollfd){reading ? shim.output[STDOUT] : -1, POLLIN, 0};
  (*set)[ERROR] = (struct pollfd){reading ? shim.output[STDERR] : -1, POLLIN, 0};
  size_t total = clients_poll(set, FIXED);
  int timeout = deadline == 0 ? -1 : deadline > now ? (int)(deadline - now) : 0;
  if (poll(*set, total, timeout) < 0) return;
  if ((*set)[OUTPUT].revents) read_output(STDOUT);
  if ((*set)[ERROR].revents) read_output(STDERR);
  if ((*set)[INPUT].revents && shim.input >= 0) write_input();
  if ((*set)[CONSOLE].revents) take_console();
  clients_serve(*set, FIXED);
  if ((*set)[LISTENER].revents) clients_accept();
  if ((*set)[SIGNALS].revents) reap();
  bool drained = shim.output[STDOUT] < 0 && shim.output[STDERR] < 0;
  if (shim.phase == EXITED && (drained || now_ms() >= shim.drain_until)) finish();
}

int main(int argc, char **argv) {
  (void)argc;
  parse(argv);
  close_range(3, ~0U, 0);
  if (shim.options.program != NULL) {
    program = open(shim.options.program, O_PATH | O_CLOEXEC);
    if (program < 0) die(shim.options.program);
  }
  if (shim.options.foreground) become_runtime();
  umask(0077);
  if (chdir(shim.options.dir) != 0) die(shim.options.dir);
  if (shim.options.log_path != NULL)
    log_open(shim.options.log_path, shim.options.log_max_size, shim.options.log_max_files);
  shim.listener = listen_at(socket_name);
  daemonise();
  struct pollfd *set = malloc(16 * sizeof *set);
  if (set == NULL) _exit(1);
  do turn(&set);
  while (shim.phase != FINISHED || !clients_done());
  unlink(socket_name);
  return 0;
}
