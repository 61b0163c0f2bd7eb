/*
 * Waiting for children, on one thread for each Node environment that asks.
 *
 * A *watch* is one child waited for: an epoll registration with a promise. The thread only touches a watch between its
 * registration and the moment when it hands it back through the thread-safe function; the main thread owns it before
 * and after, and alone keeps the list of all.
 */
#include "addon.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct watch {
  struct watch *next, *previous;
  int fd;     /* pidfd */
  int number; /* errno of the failure, or 0 */
  const char *syscall;
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

static void reap(struct watch *watch) {
  siginfo_t status = {0};
  watch->syscall = "waitid";
  if (waitid((idtype_t)P_PIDFD, (id_t)watch->fd, &status, WEXITED) < 0) watch->number = errno;
  else if (status.si_code == CLD_EXITED) watch->code = status.si_status;
  else watch->signal = status.si_status;
}

static void *watch_thread(void *argument) {
  struct watcher *watcher = argument;
  for (;;) {
    struct epoll_event events[16];
    int count = epoll_wait(watcher->epoll, events, COUNT(events), -1);
    for (int i = 0; i < count; i++) {
      struct watch *watch = events[i].data.ptr;
      if (!watch) return NULL;
      reap(watch);
      napi_call_threadsafe_function(watcher->settled, watch, napi_tsfn_nonblocking);
    }
  }
}

static void drop(struct watch *watch) {
  watch->previous->next = watch->next;
  watch->next->previous = watch->previous;
  close(watch->fd);
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
  } else {
    napi_value result, none;
    napi_create_object(env, &result);
    napi_get_null(env, &none);
    napi_set_named_property(env, result, "code", watch->code >= 0 ? new_number(env, watch->code) : none);
    napi_set_named_property(env, result, "signal", watch->signal >= 0 ? new_number(env, watch->signal) : none);
    napi_resolve_deferred(env, watch->deferred, result);
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

/* Takes `fd` over, a pidfd. */
static napi_value start_watch(napi_env env, int fd, bool holds) {
  void *data = NULL;
  napi_get_instance_data(env, &data);
  struct watcher *watcher = data ? data : start_watcher(env);
  struct watch *watch = watcher ? calloc(1, sizeof *watch) : NULL;
  napi_value promise;
  if (!watch || napi_create_promise(env, &watch->deferred, &promise) != napi_ok) {
    int number = errno;
    free(watch);
    close(fd);
    return throw_errno(env, number ? number : ENOMEM, "epoll", NULL);
  }
  watch->fd = fd;
  watch->code = watch->signal = -1;
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
  return start_watch(env, fd, hold);
}

bool add_watch(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"waitPid", js_wait_pid},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
