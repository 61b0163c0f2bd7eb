/* Mounting: mount(2), umount2(2), the mount API of Linux 5.2 (fsopen(2) and its family), and statx(2)'s mount root. */
#include "addon.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* What the kernel copies of mount(2)'s data; anything longer it cuts silently. */
#define DATA_LIMIT 4096
/* What the kernel takes as a string of fsconfig(2), its NUL included. */
#define STRING_LIMIT 256

struct mount_call {
  char *cwd, *source, *target, *type, *data;
  unsigned long flags;
  int number;
  const char *syscall;
};

static bool read_mount(napi_env env, napi_value *argv, struct mount_call *call) {
  bool ok;
  int64_t flags = 0;
  call->source = read_optional(env, argv[0], &ok);
  if (!ok || !(call->target = read_path(env, argv[1]))) return false;
  call->type = read_optional(env, argv[2], &ok);
  if (!ok || !read_integer(env, argv[3], &flags)) return false;
  call->flags = (unsigned long)flags;
  call->data = read_optional(env, argv[4], &ok);
  if (!ok) return false;
  if (call->data && strlen(call->data) >= DATA_LIMIT) {
    throw_errno(env, E2BIG, "mount", call->target);
    return false;
  }
  return true;
}

static void free_mount(struct mount_call *call) {
  free(call->cwd);
  free(call->source);
  free(call->target);
  free(call->type);
  free(call->data);
}

/* mount(source|null, target, fstype|null, flags, data|null): mount(2). Data of 4096 bytes or more throw E2BIG. */
static napi_value js_mount(napi_env env, napi_callback_info info) {
  ARGUMENTS(5);
  struct mount_call call = {0};
  if (read_mount(env, argv, &call) && mount(call.source, call.target, call.type, call.flags, call.data) < 0)
    throw_errno(env, errno, "mount", call.target);
  free_mount(&call);
  return NULL;
}

static void *mount_in(void *argument) {
  struct mount_call *call = argument;
  if (call->syscall = "unshare", unshare(CLONE_FS) < 0) call->number = errno;
  else if (call->syscall = "chdir", chdir(call->cwd) < 0) call->number = errno;
  else if (call->syscall = "mount", mount(call->source, call->target, call->type, call->flags, call->data) < 0)
    call->number = errno;
  return NULL;
}

/*
 * mountIn(cwd, source|null, target, fstype|null, flags, data|null): mount(2) as seen from the folder `cwd`, so that
 * relative paths keep the data small. The call runs on a thread of its own: the process's working folder stays as it is.
 */
static napi_value js_mount_in(napi_env env, napi_callback_info info) {
  ARGUMENTS(6);
  struct mount_call call = {0};
  if ((call.cwd = read_path(env, argv[0])) && read_mount(env, argv + 1, &call)) {
    int number = on_own_thread(mount_in, &call);
    if (number) throw_errno(env, number, "pthread_create", NULL);
    else if (call.number) throw_errno(env, call.number, call.syscall, call.number && *call.syscall == 'c' ? call.cwd : call.target);
  }
  free_mount(&call);
  return NULL;
}

/* umount2(target, flags): umount2(2). */
static napi_value js_umount2(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  int64_t flags;
  char *target = read_path(env, argv[0]);
  if (target && read_integer(env, argv[1], &flags) && umount2(target, (int)flags) < 0)
    throw_errno(env, errno, "umount2", target);
  free(target);
  return NULL;
}

/* Hands an option over. A value too long for a string is the path of a folder: given by descriptor (Linux 6.13 takes
 * that for overlay's layers), else by the descriptor's short name under /proc. */
static int set_option(int fs, const char *key, const char *value) {
  if (!value) return fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0);
  if (strlen(value) < STRING_LIMIT) return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
  int folder = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  int result = fsconfig(fs, FSCONFIG_SET_FD, key, NULL, folder);
  if (result < 0 && errno == EINVAL) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    result = fsconfig(fs, FSCONFIG_SET_STRING, key, name, 0);
  }
  int number = errno;
  close(folder);
  errno = number;
  return result;
}

/* The messages that the kernel has left on a file system context, joined by "; ". */
static void read_log(int fs, char *log, size_t size) {
  size_t used = 0;
  log[0] = '\0';
  for (;;) {
    char line[1024];
    ssize_t length = read(fs, line, sizeof line - 1);
    if (length <= 0) return;
    while (length > 0 && line[length - 1] == '\n') length--;
    line[length] = '\0';
    const char *text = length > 2 && line[1] == ' ' ? line + 2 : line;
    int added = snprintf(log + used, size - used, "%s%s", used ? "; " : "", text);
    if (added < 0 || (size_t)added >= size - used) return;
    used += (size_t)added;
  }
}

static bool fs_mount(napi_env env, const char *type, char **keys, char **values, const char *target, unsigned flags) {
  const char *syscall = "fsopen";
  char detail[2048] = "";
  int tree = -1;
  int fs = fsopen(type, FSOPEN_CLOEXEC);
  if (fs < 0) goto failed;
  for (size_t i = 0; keys[i]; i++) {
    syscall = "fsconfig";
    if (set_option(fs, keys[i], values[i]) < 0) {
      snprintf(detail, sizeof detail, "option %.64s", keys[i]);
      goto failed;
    }
  }
  syscall = "fsconfig";
  if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) goto failed;
  syscall = "fsmount";
  if ((tree = fsmount(fs, FSMOUNT_CLOEXEC, flags)) < 0) goto failed;
  syscall = "move_mount";
  if (move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0) goto failed;
  close(tree);
  close(fs);
  return true;
failed:;
  int number = errno;
  if (fs >= 0) {
    size_t used = strlen(detail);
    if (used) {
      strcat(detail, ": ");
      used += 2;
    }
    read_log(fs, detail + used, sizeof detail - used);
    if (used && !detail[used]) detail[used - 2] = '\0';
    close(fs);
  }
  if (tree >= 0) close(tree);
  napi_throw(env, system_error(env, number, syscall, target, detail));
  return false;
}

/*
 * fsMount(fstype, [[key, value|null]…], target, attrFlags): fsopen, fsconfig for each option in order (null: a flag),
 * fsmount with MOUNT_ATTR_* flags, move_mount to `target`. Values of 256 bytes or more must be paths of folders. The
 * kernel's own messages are part of the error's text.
 */
static napi_value js_fs_mount(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  uint32_t count = 0;
  int64_t flags;
  char *target = NULL, **keys = NULL, **values = NULL;
  char *type = read_path(env, argv[0]);
  if (!type || !(target = read_path(env, argv[2])) || !read_integer(env, argv[3], &flags)) goto done;
  if (napi_get_array_length(env, argv[1], &count) != napi_ok) {
    napi_throw_type_error(env, NULL, "an array is expected");
    goto done;
  }
  keys = calloc((size_t)count + 1, sizeof *keys);
  values = calloc((size_t)count + 1, sizeof *values);
  if (!keys || !values) {
    throw_errno(env, ENOMEM, "fsconfig", target);
    goto done;
  }
  for (uint32_t i = 0; i < count; i++) {
    napi_value pair, key, value;
    bool ok = false;
    if (napi_get_element(env, argv[1], i, &pair) != napi_ok || napi_is_array(env, pair, &ok) != napi_ok || !ok ||
        napi_get_element(env, pair, 0, &key) != napi_ok || napi_get_element(env, pair, 1, &value) != napi_ok) {
      napi_throw_type_error(env, NULL, "a pair is expected");
      goto done;
    }
    if (!(keys[i] = read_path(env, key))) goto done;
    values[i] = read_optional(env, value, &ok);
    if (!ok) goto done;
  }
  fs_mount(env, type, keys, values, target, (unsigned)flags);
done:
  for (uint32_t i = 0; i < count; i++) {
    if (keys) free(keys[i]);
    if (values) free(values[i]);
  }
  free(keys);
  free(values);
  free(type);
  free(target);
  return NULL;
}

/* isMountRoot(path) -> boolean, or undefined where the kernel (before 5.8) can't tell. Links are not followed. */
static napi_value js_is_mount_root(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  napi_value result = NULL;
  struct statx status;
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &status) < 0)
    throw_errno(env, errno, "statx", path);
  else if (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
    napi_get_boolean(env, (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0, &result);
  free(path);
  return result;
}

bool add_mount(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"mount", js_mount},     {"mountIn", js_mount_in},           {"umount2", js_umount2},
      {"fsMount", js_fs_mount}, {"isMountRoot", js_is_mount_root},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
