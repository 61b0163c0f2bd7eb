/*
 * Waiting for children and for descriptors sent over a unix socket, on one thread for each Node environment that asks.
 *
 * A *watch* is one thing waited for: an epoll registration with a promise. The thread only touches a watch between its
 * registration and the moment when it hands it back through the thread-safe function; the main thread owns it before
 * and after, and alone keeps the list of all.
 */
#include "addon.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum kind { CHILD, LISTENER, CONNECTION };

struct watch {
  struct watch *next, *previous;
  enum kind kind;
  int fd;     /* pidfd, listening socket (borrowed) or connection */
  int number; /* errno of the failure, or 0 */
  const char *syscall;
  int received;     /* descriptor that came in */
  int code, signal; /* of the child; the other one is negative */
  bool holds;       /* keeps the event loop alive */
  napi_deferred deferred;
};

struct watcher {
  int epoll, stop;
  pthread_t thread;
  napi_threadsafe_function settled;
  unsigned pending; /* watches that hold the event loop */
  struct watch all; /* head of the ring of watches */
};

static bool ready_child(struct watch *watch) {
  siginfo_t status = {0};
  watch->syscall = "waitid";
  if (waitid((idtype_t)P_PIDFD, (id_t)watch->fd, &status, WEXITED) < 0) watch->number = errno;
  else if (status.si_code == CLD_EXITED) watch->code = status.si_status;
  else watch->signal = status.si_status;
  return true;
}

static bool ready_listener(struct watcher *watcher, struct watch *watch, uint32_t events) {
  watch->syscall = "accept4";
  int listener = watch->fd;
  int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection < 0) {
    /* The way to cancel: a listening socket that was shut down hangs up. */
    bool cancelled = (events & EPOLLHUP) != 0;
    if (!cancelled && (errno == ECONNABORTED || errno == EINTR || errno == EAGAIN)) {
      struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = watch};
      if (epoll_ctl(watcher->epoll, EPOLL_CTL_MOD, listener, &event) == 0) return false;
    }
    watch->number = cancelled ? ECANCELED : errno;
    epoll_ctl(watcher->epoll, EPOLL_CTL_DEL, listener, NULL);
    return true;
  }
  epoll_ctl(watcher->epoll, EPOLL_CTL_DEL, listener, NULL);
  watch->kind = CONNECTION;
  watch->fd = connection;
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = watch};
  if (epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, connection, &event) == 0) return false;
  watch->number = errno;
  return true;
}

static bool ready_connection(struct watch *watch) {
  char data[4096];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec vector = {.iov_base = data, .iov_len = sizeof data};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  watch->syscall = "recvmsg";
  ssize_t length = recvmsg(watch->fd, &message, MSG_CMSG_CLOEXEC);
  if (length < 0) {
    watch->number = errno;
    return true;
  }
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len >= CMSG_LEN(sizeof(int)))
    memcpy(&watch->received, CMSG_DATA(header), sizeof(int));
  else watch->number = length == 0 ? ECONNRESET : EBADMSG;
  return true;
}

static void *watch_thread(void *argument) {
  struct watcher *watcher = argument;
  for (;;) {
    struct epoll_event events[16];
    int count = epoll_wait(watcher->epoll, events, COUNT(events), -1);
    for (int i = 0; i < count; i++) {
      struct watch *watch = events[i].data.ptr;
      if (!watch) return NULL;
      bool done = watch->kind == CHILD      ? ready_child(watch)
                  : watch->kind == LISTENER ? ready_listener(watcher, watch, events[i].events)
                                            : ready_connection(watch);
      if (done) napi_call_threadsafe_function(watcher->settled, watch, napi_tsfn_nonblocking);
    }
  }
}

static void drop(struct watch *watch) {
  watch->previous->next = watch->next;
  watch->next->previous = watch->previous;
  if (watch->kind != LISTENER) close(watch->fd);
  free(watch);
}

/* On the main thread: settles the promise of a watch. Without an environment the stop below has freed it already. */
static void settle(napi_env env, napi_value callback, void *context, void *data) {
  (void)callback;
  struct watcher *watcher = context;
  struct watch *watch = data;
  if (!env) return;
  if (watch->number) {
    napi_reject_deferred(env, watch->deferred, system_error(env, watch->number, watch->syscall, NULL, NULL));
  } else if (watch->kind == CHILD) {
    napi_value result, none;
    napi_create_object(env, &result);
    napi_get_null(env, &none);
    napi_set_named_property(env, result, "code", watch->code >= 0 ? new_number(env, watch->code) : none);
    napi_set_named_property(env, result, "signal", watch->signal >= 0 ? new_number(env, watch->signal) : none);
    napi_resolve_deferred(env, watch->deferred, result);
  } else {
    napi_resolve_deferred(env, watch->deferred, new_number(env, watch->received));
  }
  bool held = watch->holds;
  drop(watch);
  if (held && --watcher->pending == 0) napi_unref_threadsafe_function(env, watcher->settled);
}

/* Runs when the environment ends, before the thread-safe function goes. */
static void stop_watcher(void *data) {
  struct watcher *watcher = data;
  uint64_t one = 1;
  ssize_t written;
  do written = write(watcher->stop, &one, sizeof one);
  while (written < 0 && errno == EINTR);
  pthread_join(watcher->thread, NULL);
  close(watcher->epoll);
  close(watcher->stop);
  while (watcher->all.next != &watcher->all) drop(watcher->all.next);
}

static void free_watcher(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static struct watcher *start_watcher(napi_env env) {
  struct watcher *watcher = calloc(1, sizeof *watcher);
  if (!watcher) return NULL;
  watcher->all.next = watcher->all.previous = &watcher->all;
  watcher->stop = -1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  napi_value name;
  sigset_t all, before;
  if ((watcher->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 || (watcher->stop = eventfd(0, EFD_CLOEXEC)) < 0 ||
      epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, watcher->stop, &event) < 0)
    goto failed;
  napi_create_string_utf8(env, "strata:watch", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, watcher, free_watcher, watcher, settle,
                                      &watcher->settled) != napi_ok)
    goto failed;
  napi_unref_threadsafe_function(env, watcher->settled);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int number = pthread_create(&watcher->thread, NULL, watch_thread, watcher);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (number) {
    close(watcher->epoll);
    close(watcher->stop);
    napi_release_threadsafe_function(watcher->settled, napi_tsfn_abort);
    errno = number;
    return NULL;
  }
  napi_add_env_cleanup_hook(env, stop_watcher, watcher);
  napi_set_instance_data(env, watcher, NULL, NULL);
  return watcher;
failed:
  if (watcher->epoll >= 0) close(watcher->epoll);
  if (watcher->stop >= 0) close(watcher->stop);
  free(watcher);
  return NULL;
}

static napi_value start_watch(napi_env env, enum kind kind, int fd, bool holds) {
  void *data = NULL;
  napi_get_instance_data(env, &data);
  struct watcher *watcher = data ? data : start_watcher(env);
  struct watch *watch = watcher ? calloc(1, sizeof *watch) : NULL;
  napi_value promise;
  if (!watch || napi_create_promise(env, &watch->deferred, &promise) != napi_ok) {
    int number = errno;
    free(watch);
    if (kind == CHILD) close(fd);
    return throw_errno(env, number ? number : ENOMEM, "epoll", NULL);
  }
  watch->kind = kind;
  watch->fd = fd;
  watch->code = watch->signal = watch->received = -1;
  watch->next = &watcher->all;
  watch->previous = watcher->all.previous;
  watch->previous->next = watcher->all.previous = watch;
  watch->holds = holds;
  if (holds && watcher->pending++ == 0) napi_ref_threadsafe_function(env, watcher->settled);
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = watch};
  if (epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
    watch->number = errno;
    watch->syscall = "epoll_ctl";
    napi_call_threadsafe_function(watcher->settled, watch, napi_tsfn_nonblocking);
  }
  return promise;
}

/*
 * waitPid(pid, hold) -> Promise<{code, signal}>: reaps a child of this process when it has ended; exactly one of the two
 * is a number. `hold` keeps the event loop alive until then. A process that is no child rejects with ECHILD when it has
 * ended, one that does not exist throws ESRCH.
 */
static napi_value js_wait_pid(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  int64_t pid;
  bool hold = true;
  if (!read_integer(env, argv[0], &pid)) return NULL;
  napi_get_value_bool(env, argv[1], &hold);
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (fd < 0) return throw_errno(env, errno, "pidfd_open", NULL);
  return start_watch(env, CHILD, fd, hold);
}

/* listenUnix(path) -> descriptor of a listening stream socket, close-on-exec, mode 0600 by the caller's umask. */
static napi_value js_listen_unix(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  napi_value result = NULL;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  int fd = -1;
  if (strlen(path) >= sizeof address.sun_path) {
    throw_errno(env, ENAMETOOLONG, "bind", path);
  } else {
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0) {
      throw_errno(env, errno, fd < 0 ? "socket" : "bind", path);
      if (fd >= 0) close(fd);
    } else result = new_number(env, fd);
  }
  free(path);
  return result;
}

/*
 * receiveFd(listeningFd) -> Promise<fd>: accepts one connection and takes the descriptor that its first message carries
 * (SCM_RIGHTS), close-on-exec: the protocol of runc's console socket. shutdownSocket of the listening descriptor makes
 * it reject with ECANCELED; that descriptor must stay open until the promise is settled.
 */
static napi_value js_receive_fd(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  int64_t fd;
  if (!read_integer(env, argv[0], &fd)) return NULL;
  return start_watch(env, LISTENER, (int)fd, true);
}

/* shutdownSocket(fd): shutdown(2) of both ways. */
static napi_value js_shutdown_socket(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  int64_t fd;
  if (read_integer(env, argv[0], &fd) && shutdown((int)fd, SHUT_RDWR) < 0 && errno != ENOTCONN)
    throw_errno(env, errno, "shutdown", NULL);
  return NULL;
}

bool add_watch(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"waitPid", js_wait_pid},
      {"listenUnix", js_listen_unix},
      {"receiveFd", js_receive_fd},
      {"shutdownSocket", js_shutdown_socket},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
