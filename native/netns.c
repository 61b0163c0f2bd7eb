/* Network namespaces that live without a process: bind-mounted onto a file. */
#include "addon.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

static int raise_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  struct ifreq request = {.ifr_name = "lo"};
  int number = 0;
  if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) number = errno;
  request.ifr_flags |= IFF_UP;
  if (number == 0 && ioctl(fd, SIOCSIFFLAGS, &request) < 0) number = errno;
  close(fd);
  return number;
}

static void *make_netns(void *argument) {
  struct job *job = argument;
  job->syscall = "open";
  int fd = open(job->path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) {
    job->number = errno;
    return NULL;
  }
  close(fd);
  if (job->syscall = "unshare", unshare(CLONE_NEWNET) < 0) job->number = errno;
  else if (job->syscall = "ioctl", (job->number = raise_loopback()) != 0) {
  } else if (job->syscall = "mount", mount("/proc/thread-self/ns/net", job->path, NULL, MS_BIND, NULL) < 0)
    job->number = errno;
  if (job->number) unlink(job->path);
  return NULL;
}

/* The namespace belongs to a thread that ends here: neither the process nor the pool's thread ever leaves its own. */
static void run_netns(struct job *job) {
  int number = on_own_thread(make_netns, job);
  if (number) {
    job->number = number;
    job->syscall = "pthread_create";
  }
}

/* createNetns(path) -> Promise: makes a network namespace with `lo` up and mounts it onto the new file `path`. */
static napi_value js_create_netns(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  struct job *job = calloc(1, sizeof *job);
  if (!job) {
    free(path);
    return throw_errno(env, ENOMEM, "unshare", NULL);
  }
  job->run = run_netns;
  job->path = path;
  return start_job(env, job, NULL);
}

bool add_netns(napi_env env, napi_value exports) {
  static const struct function functions[] = {{"createNetns", js_create_netns}};
  return add_functions(env, exports, functions, COUNT(functions));
}
