/*
 * What the files of the addon share: reading arguments, errors in the form of Node's own fs errors, promises.
 *
 * Conventions. Every function that JavaScript sees is a napi_callback named js_<name>. Paths are strings (UTF-8) or
 * Uint8Arrays (any bytes, no NUL). A failed system call throws (or rejects with) an Error which has `code` (errno name),
 * `errno` (negative number), `syscall` and, when there is one, `path`. Nothing here is process-global and mutable: the
 * addon is loaded by several worker threads at once.
 */
#ifndef STRATA_ADDON_H
#define STRATA_ADDON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads exactly `count` arguments (missing ones are undefined) into `argv`. */
#define ARGUMENTS(count)                                                        \
  napi_value argv[count];                                                       \
  do {                                                                          \
    size_t argc_ = (count);                                                     \
    if (napi_get_cb_info(env, info, &argc_, argv, NULL, NULL) != napi_ok) {     \
      napi_throw_error(env, NULL, "cannot read the arguments");                 \
      return NULL;                                                              \
    }                                                                           \
  } while (0)

/* Bytes of a Uint8Array (a Buffer is one), borrowed: valid while its value is in scope. */
struct bytes {
  uint8_t *data;
  size_t length;
};

bool is_nullish(napi_env env, napi_value value);
/* These return false, or NULL, with an exception pending when the value is of the wrong kind. */
bool read_integer(napi_env env, napi_value value, int64_t *result);
bool read_bytes(napi_env env, napi_value value, struct bytes *result);
/* A copy of a string or Uint8Array without NUL bytes, to be freed. */
char *read_path(napi_env env, napi_value value);
/* As read_path, but null and undefined give NULL; `*ok` tells whether an exception is pending. */
char *read_optional(napi_env env, napi_value value, bool *ok);
/* A NULL-terminated vector of read_path's copies of an array's elements. */
char **read_vector(napi_env env, napi_value array);
void free_vector(char **vector);

/* The Error of a failed call; `path` and `detail` may be NULL, the detail is added to the message. */
napi_value system_error(napi_env env, int number, const char *syscall, const char *path, const char *detail);
/* Throws it; returns NULL so that callers may return it. */
napi_value throw_errno(napi_env env, int number, const char *syscall, const char *path);

napi_value new_number(napi_env env, int64_t value);
void set_number(napi_env env, napi_value object, const char *name, int64_t value);
napi_value new_undefined(napi_env env);

/*
 * A value of JavaScript that stands for `data`, told from those of other kinds by `tag`; `finalize` frees the data when
 * it is collected, or at once with an exception pending.
 */
napi_value new_handle(napi_env env, void *data, napi_finalize finalize, const napi_type_tag *tag);
/* Its data, or NULL with an exception pending when it is no handle with this tag. */
void *handle_data(napi_env env, napi_value handle, const napi_type_tag *tag);

/*
 * Blocking work on libuv's thread pool behind a promise, the first member of what else it needs. `run` sets `number`
 * (errno) and `syscall` on failure.
 */
struct job {
  void (*run)(struct job *);
  /* What the promise resolves to; undefined when NULL. */
  napi_value (*result)(napi_env env, struct job *);
  /* Frees what else the job has; may be NULL. */
  void (*end)(struct job *);
  int number;
  const char *syscall;
  char *path; /* freed with the job */
  int fd;
  napi_ref held;
  napi_async_work work;
  napi_deferred deferred;
};
/* Takes the job (from calloc) over and keeps `held`, an object or NULL, until it is done; returns its promise. */
napi_value start_job(napi_env env, struct job *job, napi_value held);

/* Runs `body(argument)` on a short-lived thread with all signals blocked and waits for it. Returns an errno or 0. */
int on_own_thread(void *(*body)(void *), void *argument);

/* Each file adds its functions to the exports. */
struct function {
  const char *name;
  napi_callback callback;
};
bool add_functions(napi_env env, napi_value exports, const struct function *functions, size_t count);
bool add_mount(napi_env env, napi_value exports);
bool add_files(napi_env env, napi_value exports);
bool add_process(napi_env env, napi_value exports);
bool add_watch(napi_env env, napi_value exports);
bool add_netns(napi_env env, napi_value exports);
bool add_netlink(napi_env env, napi_value exports);
bool add_gzip(napi_env env, napi_value exports);
bool add_sha256(napi_env env, napi_value exports);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
