/* What Node's fs lacks: xattrs, device nodes, times of links in nanoseconds, flock, syncfs. */
#include "addon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static napi_value new_buffer(napi_env env, const void *data, size_t length) {
  napi_value result = NULL;
  napi_create_buffer_copy(env, length, data, NULL, &result);
  return result;
}

/*
 * The value that `get` reads: called with size 0 it tells the size. Grows while another process makes it larger.
 * Returns -1 with errno set, or the length of `*data` (to be freed).
 */
static ssize_t read_all(ssize_t (*get)(const char *, const char *, void *, size_t), const char *path, const char *name,
                        void **data) {
  *data = NULL;
  for (;;) {
    ssize_t size = get(path, name, NULL, 0);
    if (size < 0) return -1;
    void *grown = realloc(*data, size ? (size_t)size : 1);
    if (!grown) {
      errno = ENOMEM;
      return -1;
    }
    *data = grown;
    if (size == 0) return 0;
    ssize_t length = get(path, name, *data, (size_t)size);
    if (length >= 0 || errno != ERANGE) return length;
  }
}

static ssize_t get_value(const char *path, const char *name, void *data, size_t size) {
  return lgetxattr(path, name, data, size);
}

static ssize_t get_list(const char *path, const char *name, void *data, size_t size) {
  (void)name;
  return llistxattr(path, data, size);
}

/* lgetxattr(path, name) -> Buffer, or undefined when there is no such attribute (ENODATA). Links are not followed. */
static napi_value js_lgetxattr(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  napi_value result = NULL;
  char *name = NULL;
  char *path = read_path(env, argv[0]);
  if (path && (name = read_path(env, argv[1]))) {
    void *data;
    ssize_t length = read_all(get_value, path, name, &data);
    if (length >= 0) result = new_buffer(env, data, (size_t)length);
    else if (errno != ENODATA) throw_errno(env, errno, "lgetxattr", path);
    free(data);
  }
  free(path);
  free(name);
  return result;
}

/* llistxattr(path) -> Buffer of names, each ended by NUL. Links are not followed. */
static napi_value js_llistxattr(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  napi_value result = NULL;
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  void *data;
  ssize_t length = read_all(get_list, path, NULL, &data);
  if (length >= 0) result = new_buffer(env, data, (size_t)length);
  else throw_errno(env, errno, "llistxattr", path);
  free(data);
  free(path);
  return result;
}

/* lsetxattr(path, name, value: Uint8Array, flags). Links are not followed. */
static napi_value js_lsetxattr(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  struct bytes value;
  int64_t flags;
  char *name = NULL;
  char *path = read_path(env, argv[0]);
  if (path && (name = read_path(env, argv[1])) && read_bytes(env, argv[2], &value) && read_integer(env, argv[3], &flags) &&
      lsetxattr(path, name, value.data, value.length, (int)flags) < 0)
    throw_errno(env, errno, "lsetxattr", path);
  free(path);
  free(name);
  return NULL;
}

/* lremovexattr(path, name). Links are not followed. */
static napi_value js_lremovexattr(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  char *name = NULL;
  char *path = read_path(env, argv[0]);
  if (path && (name = read_path(env, argv[1])) && lremovexattr(path, name) < 0) throw_errno(env, errno, "lremovexattr", path);
  free(path);
  free(name);
  return NULL;
}

/* mknod(path, mode, major, minor): mode holds the type (S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFREG); umask applies. */
static napi_value js_mknod(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  int64_t mode, major_number, minor_number;
  char *path = read_path(env, argv[0]);
  if (path && read_integer(env, argv[1], &mode) && read_integer(env, argv[2], &major_number) &&
      read_integer(env, argv[3], &minor_number) &&
      mknod(path, (mode_t)mode, makedev((unsigned)major_number, (unsigned)minor_number)) < 0)
    throw_errno(env, errno, "mknod", path);
  free(path);
  return NULL;
}

/* lutimens(path, atimeSec, atimeNsec, mtimeSec, mtimeNsec): utimensat(2) on the link itself. */
static napi_value js_lutimens(napi_env env, napi_callback_info info) {
  ARGUMENTS(5);
  int64_t part[4];
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  bool ok = true;
  for (int i = 0; ok && i < 4; i++) ok = read_integer(env, argv[i + 1], &part[i]);
  if (ok) {
    struct timespec times[2] = {{.tv_sec = part[0], .tv_nsec = part[1]}, {.tv_sec = part[2], .tv_nsec = part[3]}};
    if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0) throw_errno(env, errno, "utimensat", path);
  }
  free(path);
  return NULL;
}

/* flock(fd, operation) -> true, or false when LOCK_NB is in the operation and another open file holds the lock. */
static napi_value js_flock(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  int64_t fd, operation;
  if (!read_integer(env, argv[0], &fd) || !read_integer(env, argv[1], &operation)) return NULL;
  int result = flock((int)fd, (int)operation);
  if (result < 0 && errno != EWOULDBLOCK) return throw_errno(env, errno, "flock", NULL);
  napi_value value = NULL;
  napi_get_boolean(env, result == 0, &value);
  return value;
}

static void run_syncfs(struct job *job) {
  job->syscall = "syncfs";
  if (syncfs(job->fd) < 0) job->number = errno;
}

/* syncfs(fd) -> Promise: writes out the whole file system that the descriptor is on. */
static napi_value js_syncfs(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  int64_t fd;
  if (!read_integer(env, argv[0], &fd)) return NULL;
  struct job *job = calloc(1, sizeof *job);
  if (!job) return throw_errno(env, ENOMEM, "syncfs", NULL);
  job->run = run_syncfs;
  job->fd = (int)fd;
  return start_job(env, job, NULL);
}

bool add_files(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"lgetxattr", js_lgetxattr}, {"llistxattr", js_llistxattr}, {"lsetxattr", js_lsetxattr}, {"lremovexattr", js_lremovexattr},
      {"mknod", js_mknod},         {"lutimens", js_lutimens},     {"flock", js_flock},         {"syncfs", js_syncfs},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
