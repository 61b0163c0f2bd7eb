/* Starting programs. */
#include "addon.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* Finds `file` as execvp(3) would in the PATH of `environment`; names with a slash stand for themselves. */
static char *find_program(const char *file, char **environment) {
  if (strchr(file, '/')) return strdup(file);
  const char *search = NULL;
  for (char **at = environment; *at; at++)
    if (strncmp(*at, "PATH=", 5) == 0) search = *at + 5;
  if (!search) search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (*search) {
    size_t length = strcspn(search, ":");
    char *candidate = NULL;
    if (length > 0 && asprintf(&candidate, "%.*s/%s", (int)length, search, file) > 0) {
      if (access(candidate, X_OK) == 0) return candidate;
      free(candidate);
    }
    search += length;
    if (*search == ':') search++;
  }
  errno = ENOENT;
  return NULL;
}

/*
 * The child's descriptor i is a duplicate of fds[i], or /dev/null where that is negative; all others are closed. The
 * sources are duplicated to numbers past the targets first, so that no target overwrites a source that is still needed.
 */
static int add_descriptors(posix_spawn_file_actions_t *actions, int *fds, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    int number;
    if (fds[i] < 0) {
      number = posix_spawn_file_actions_addopen(actions, (int)i, "/dev/null", O_RDWR, 0);
    } else {
      int duplicate = fcntl(fds[i], F_DUPFD_CLOEXEC, (int)count);
      fds[i] = duplicate;
      if (duplicate < 0) return errno;
      number = posix_spawn_file_actions_adddup2(actions, duplicate, (int)i);
    }
    if (number) return number;
  }
  return posix_spawn_file_actions_addclosefrom_np(actions, (int)count);
}

static int spawn(const char *program, char **arguments, char **environment, const char *cwd, int *fds, uint32_t count,
                 bool new_session, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t set;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (new_session) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, flags);
  sigemptyset(&set);
  posix_spawnattr_setsigmask(&attributes, &set);
  /* Not sigfillset: it leaves out the two signals that glibc keeps for itself, which the child would then ignore. */
  memset(&set, 0xff, sizeof set);
  posix_spawnattr_setsigdefault(&attributes, &set);
  int number = cwd ? posix_spawn_file_actions_addchdir_np(&actions, cwd) : 0;
  if (number == 0) number = add_descriptors(&actions, fds, count);
  if (number == 0) number = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return number;
}

static bool read_fds(napi_env env, napi_value array, int **fds, uint32_t *count) {
  if (napi_get_array_length(env, array, count) != napi_ok || *count < 3) {
    napi_throw_type_error(env, NULL, "an array of at least three descriptors is expected");
    return false;
  }
  *fds = malloc(*count * sizeof **fds);
  if (!*fds) {
    throw_errno(env, ENOMEM, "posix_spawn", NULL);
    return false;
  }
  for (uint32_t i = 0; i < *count; i++) {
    napi_value element;
    int64_t fd;
    if (napi_get_element(env, array, i, &element) != napi_ok || !read_integer(env, element, &fd)) return false;
    (*fds)[i] = fd < 0 ? -1 : (int)fd;
  }
  return true;
}

/*
 * posixSpawn(file, args, env: ["K=V"…], cwd|null, fds, setsid) -> pid. `args` includes argv[0]. `file` without a slash
 * is looked for in env's PATH. glibc's posix_spawn shares memory with the child until its exec, so the cost does not
 * grow with this process. The child starts with no signal blocked, every disposition at its default, and no
 * descriptors but `fds`. A program that can't be executed throws here, with execve's errno.
 */
static napi_value js_posix_spawn(napi_env env, napi_callback_info info) {
  ARGUMENTS(6);
  napi_value result = NULL;
  bool ok, new_session = false;
  char *cwd = NULL, *program = NULL, **arguments = NULL, **environment = NULL;
  int *fds = NULL;
  uint32_t count = 0;
  char *file = read_path(env, argv[0]);
  if (!file || !(arguments = read_vector(env, argv[1])) || !(environment = read_vector(env, argv[2]))) goto done;
  cwd = read_optional(env, argv[3], &ok);
  if (!ok || !read_fds(env, argv[4], &fds, &count)) goto done;
  napi_get_value_bool(env, argv[5], &new_session);
  program = find_program(file, environment);
  if (!program) {
    throw_errno(env, errno, "posix_spawn", file);
    goto done;
  }
  int *sources = malloc(count * sizeof *sources);
  if (!sources) {
    throw_errno(env, ENOMEM, "posix_spawn", file);
    goto done;
  }
  for (uint32_t i = 0; i < count; i++) sources[i] = -1;
  memcpy(sources, fds, count * sizeof *sources);
  pid_t pid;
  int number = spawn(program, arguments, environment, cwd, sources, count, new_session, &pid);
  for (uint32_t i = 0; i < count; i++)
    if (sources[i] >= 0 && sources[i] != fds[i]) close(sources[i]);
  free(sources);
  if (number) throw_errno(env, number, "posix_spawn", program);
  else result = new_number(env, pid);
done:
  free(file);
  free(program);
  free_vector(arguments);
  free_vector(environment);
  free(cwd);
  free(fds);
  return result;
}

/* setSubreaper(on): whether orphans among this process's descendants become its children (PR_SET_CHILD_SUBREAPER). */
static napi_value js_set_subreaper(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  bool on = false;
  napi_get_value_bool(env, argv[0], &on);
  if (prctl(PR_SET_CHILD_SUBREAPER, on ? 1L : 0L, 0L, 0L, 0L) < 0) throw_errno(env, errno, "prctl", NULL);
  return NULL;
}

/* pipe() -> [read end, write end], both close-on-exec. */
static napi_value js_pipe(napi_env env, napi_callback_info info) {
  (void)info;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return throw_errno(env, errno, "pipe2", NULL);
  napi_value result;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, new_number(env, ends[0]));
  napi_set_element(env, result, 1, new_number(env, ends[1]));
  return result;
}

/*
 * sealedCopy(path) -> descriptor of a copy of a program in memory that nothing can change any more, close-on-exec: as
 * good as the copy that OCI runtimes make of themselves at each start, so that no container can write to their file.
 */
static napi_value js_sealed_copy(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  napi_value result = NULL;
  char *path = read_path(env, argv[0]);
  if (!path) return NULL;
  const char *call = "open";
  int copy = -1, file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) goto failed;
  call = "memfd_create";
  copy = memfd_create(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0) goto failed;
  call = "sendfile";
  for (off_t at = 0; at < status.st_size;) {
    ssize_t sent = sendfile(copy, file, &at, (size_t)(status.st_size - at));
    if (sent == 0) errno = EIO;
    if (sent == 0 || (sent < 0 && errno != EINTR)) goto failed;
  }
  call = "fcntl";
  if (fchmod(copy, 0555) < 0 || fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
    goto failed;
  result = new_number(env, copy);
  copy = -1;
  goto done;
failed:
  throw_errno(env, errno, call, path);
done:
  if (copy >= 0) close(copy);
  if (file >= 0) close(file);
  free(path);
  return result;
}

/* memoryFile(name) -> descriptor of an empty file in memory, close-on-exec; the name is for who looks at /proc. */
static napi_value js_memory_file(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  napi_value result = NULL;
  char *name = read_path(env, argv[0]);
  if (!name) return NULL;
  int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) throw_errno(env, errno, "memfd_create", name);
  else result = new_number(env, fd);
  free(name);
  return result;
}

/*
 * close(fd): for descriptors that this addon opened. Node's own close counts them as strangers: in worker threads it keeps
 * a list of those that it opened, to close what is left of them, and warns of every other.
 */
static napi_value js_close(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  int64_t fd;
  if (read_integer(env, argv[0], &fd) && close((int)fd) < 0) throw_errno(env, errno, "close", NULL);
  return NULL;
}

static void run_trim(struct job *job) {
  (void)job;
  malloc_trim(0);
}

/* trimMemory() -> Promise: gives memory that was freed back to the system; glibc keeps what lies below something in use. */
static napi_value js_trim_memory(napi_env env, napi_callback_info info) {
  (void)info;
  struct job *job = calloc(1, sizeof *job);
  if (!job) return throw_errno(env, ENOMEM, "malloc_trim", NULL);
  job->run = run_trim;
  return start_job(env, job, NULL);
}

bool add_process(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"posixSpawn", js_posix_spawn},
      {"setSubreaper", js_set_subreaper},
      {"pipe", js_pipe},
      {"sealedCopy", js_sealed_copy},
      {"memoryFile", js_memory_file},
      {"close", js_close},
      {"trimMemory", js_trim_memory},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
