/* Requests to the kernel over netlink (rtnetlink: interfaces, addresses, routes), in any network namespace. */
#include "addon.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

struct netlink_job {
  struct job job; /* its path: the namespace to be in, or NULL */
  int protocol;
  size_t length;
  uint8_t messages[];
};

static int count_messages(const uint8_t *messages, size_t length) {
  int count = 0;
  while (length > 0) {
    const struct nlmsghdr *header = (const void *)messages;
    if (!NLMSG_OK(header, length) || !(header->nlmsg_flags & NLM_F_ACK)) return -1;
    size_t step = NLMSG_ALIGN(header->nlmsg_len);
    if (step > length) step = length;
    messages += step;
    length -= step;
    count++;
  }
  return count;
}

/* Reads until every message is acknowledged; the first error counts. The kernel has answered before send returns. */
static int read_acknowledgements(int fd, int count) {
  _Alignas(struct nlmsghdr) uint8_t buffer[16384];
  int number = 0;
  while (count > 0) {
    ssize_t received = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return number ? number : errno;
    /* Signed: NLMSG_NEXT may take more than there is from it. */
    ssize_t length = received;
    for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) continue;
      const struct nlmsgerr *error = NLMSG_DATA(header);
      if (number == 0) number = -error->error;
      count--;
    }
  }
  return number;
}

static void exchange(struct netlink_job *job) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, job->protocol);
  if (fd < 0) {
    job->job.number = errno;
    job->job.syscall = "socket";
    return;
  }
  int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on); /* answers need not repeat the question */
  job->job.syscall = "netlink";
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(fd, job->messages, job->length, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) job->job.number = errno;
  else job->job.number = read_acknowledgements(fd, count_messages(job->messages, job->length));
  close(fd);
}

static void *exchange_inside(void *argument) {
  struct netlink_job *job = argument;
  job->job.syscall = "open";
  int namespace = open(job->job.path, O_RDONLY | O_CLOEXEC);
  if (namespace < 0) {
    job->job.number = errno;
    return NULL;
  }
  job->job.syscall = "setns";
  if (setns(namespace, CLONE_NEWNET) < 0) job->job.number = errno;
  close(namespace);
  if (job->job.number == 0) exchange(job);
  return NULL;
}

/* A thread of the pool must not leave the process's namespace, so another one goes there. */
static void run_netlink(struct job *base) {
  struct netlink_job *job = (struct netlink_job *)base;
  if (!base->path) {
    exchange(job);
    return;
  }
  int number = on_own_thread(exchange_inside, job);
  if (number) {
    base->number = number;
    base->syscall = "pthread_create";
  }
}

/*
 * netlinkRequest(namespace | null, protocol, messages) -> Promise: sends the messages, each with the flag NLM_F_ACK, in
 * the network namespace mounted at the path. All are carried out; rejects with the first error that one of them met.
 */
static napi_value js_netlink_request(napi_env env, napi_callback_info info) {
  ARGUMENTS(3);
  int64_t protocol;
  struct bytes messages;
  bool ok;
  if (!read_integer(env, argv[1], &protocol) || !read_bytes(env, argv[2], &messages)) return NULL;
  if (count_messages(messages.data, messages.length) < 0) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "whole netlink messages with NLM_F_ACK are expected");
    return NULL;
  }
  char *path = read_optional(env, argv[0], &ok);
  if (!ok) return NULL;
  struct netlink_job *job = calloc(1, sizeof *job + messages.length);
  if (!job) {
    free(path);
    return throw_errno(env, ENOMEM, "netlink", NULL);
  }
  job->job.run = run_netlink;
  job->job.path = path;
  job->protocol = (int)protocol;
  job->length = messages.length;
  if (messages.length > 0) memcpy(job->messages, messages.data, messages.length);
  return start_job(env, &job->job, NULL);
}

bool add_netlink(napi_env env, napi_value exports) {
  static const struct function functions[] = {{"netlinkRequest", js_netlink_request}};
  return add_functions(env, exports, functions, COUNT(functions));
}
