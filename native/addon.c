/* The addon's entry, and the helpers declared in addon.h. */
#include "addon.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

bool is_nullish(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_undefined || type == napi_null;
}

bool read_integer(napi_env env, napi_value value, int64_t *result) {
  if (napi_get_value_int64(env, value, result) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "a number is expected");
  return false;
}

bool read_bytes(napi_env env, napi_value value, struct bytes *result) {
  napi_typedarray_type type;
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  void *data = NULL;
  if (!typed || napi_get_typedarray_info(env, value, &type, &result->length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    napi_throw_type_error(env, NULL, "a Uint8Array is expected");
    return false;
  }
  result->data = data;
  return true;
}

char *read_path(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  char *copy;
  size_t length;
  if (type == napi_string) {
    napi_get_value_string_utf8(env, value, NULL, 0, &length);
    copy = malloc(length + 1);
    if (copy) napi_get_value_string_utf8(env, value, copy, length + 1, &length);
  } else {
    struct bytes bytes;
    if (!read_bytes(env, value, &bytes)) return NULL;
    length = bytes.length;
    copy = malloc(length + 1);
    if (copy && length > 0) memcpy(copy, bytes.data, length);
  }
  if (!copy) {
    napi_throw_error(env, "ENOMEM", "out of memory");
    return NULL;
  }
  copy[length] = '\0';
  if (memchr(copy, '\0', length)) {
    free(copy);
    napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "a string without null bytes is expected");
    return NULL;
  }
  return copy;
}

char *read_optional(napi_env env, napi_value value, bool *ok) {
  *ok = true;
  if (is_nullish(env, value)) return NULL;
  char *copy = read_path(env, value);
  *ok = copy != NULL;
  return copy;
}

char **read_vector(napi_env env, napi_value array) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "an array is expected");
    return NULL;
  }
  char **vector = calloc((size_t)length + 1, sizeof *vector);
  if (!vector) {
    napi_throw_error(env, "ENOMEM", "out of memory");
    return NULL;
  }
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env, array, i, &element) != napi_ok || !(vector[i] = read_path(env, element))) {
      free_vector(vector);
      return NULL;
    }
  }
  return vector;
}

void free_vector(char **vector) {
  for (char **at = vector; at && *at; at++) free(*at);
  free(vector);
}

napi_value system_error(napi_env env, int number, const char *syscall, const char *path, const char *detail) {
  const char *name = strerrorname_np(number);
  if (!name) name = "EUNKNOWN";
  const char *description = strerrordesc_np(number);
  char text[128];
  snprintf(text, sizeof text, "%s", description ? description : "unknown error");
  if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a') text[0] += 'a' - 'A';
  char message[8192];
  snprintf(message, sizeof message, "%s: %s, %s%s%.4096s%s%s%.2048s", name, text, syscall,
           path ? " '" : "", path ? path : "", path ? "'" : "", detail && *detail ? ": " : "", detail ? detail : "");
  napi_value code, text_value, error, value;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text_value);
  napi_create_error(env, code, text_value, &error);
  set_number(env, error, "errno", -number);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "syscall", value);
  if (path) {
    napi_create_string_utf8(env, path, NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, error, "path", value);
  }
  return error;
}

napi_value throw_errno(napi_env env, int number, const char *syscall, const char *path) {
  napi_throw(env, system_error(env, number, syscall, path, NULL));
  return NULL;
}

napi_value new_number(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

void set_number(napi_env env, napi_value object, const char *name, int64_t value) {
  napi_set_named_property(env, object, name, new_number(env, value));
}

napi_value new_undefined(napi_env env) {
  napi_value result = NULL;
  napi_get_undefined(env, &result);
  return result;
}

napi_value new_handle(napi_env env, void *data, napi_finalize finalize, const napi_type_tag *tag) {
  napi_value handle;
  if (napi_create_external(env, data, finalize, NULL, &handle) != napi_ok) {
    finalize(env, data, NULL);
    napi_throw_error(env, NULL, "cannot make a handle");
    return NULL;
  }
  napi_type_tag_object(env, handle, tag);
  return handle;
}

void *handle_data(napi_env env, napi_value handle, const napi_type_tag *tag) {
  bool same = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, handle, tag, &same) != napi_ok || !same ||
      napi_get_value_external(env, handle, &data) != napi_ok) {
    napi_throw_type_error(env, NULL, "a handle of another kind is expected");
    return NULL;
  }
  return data;
}

static void free_job(napi_env env, struct job *job) {
  if (job->end) job->end(job);
  if (job->held) napi_delete_reference(env, job->held);
  if (job->work) napi_delete_async_work(env, job->work);
  free(job->path);
  free(job);
}

static void execute_job(napi_env env, void *data) {
  (void)env;
  struct job *job = data;
  job->run(job);
}

static void complete_job(napi_env env, napi_status status, void *data) {
  struct job *job = data;
  if (status == napi_cancelled) {
    job->number = ECANCELED;
    job->syscall = "async";
  }
  napi_value value = NULL;
  if (!job->number) {
    value = job->result ? job->result(env, job) : new_undefined(env);
    if (!value) {
      job->number = ENOMEM;
      job->syscall = "async";
    }
  }
  if (value) napi_resolve_deferred(env, job->deferred, value);
  else napi_reject_deferred(env, job->deferred, system_error(env, job->number, job->syscall, job->path, NULL));
  free_job(env, job);
}

napi_value start_job(napi_env env, struct job *job, napi_value held) {
  napi_value promise, name;
  if ((!held || napi_create_reference(env, held, 1, &job->held) == napi_ok) &&
      napi_create_promise(env, &job->deferred, &promise) == napi_ok &&
      napi_create_string_utf8(env, "strata", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_async_work(env, NULL, name, execute_job, complete_job, job, &job->work) == napi_ok &&
      napi_queue_async_work(env, job->work) == napi_ok) {
    return promise;
  }
  free_job(env, job);
  napi_throw_error(env, NULL, "cannot start asynchronous work");
  return NULL;
}

int on_own_thread(void *(*body)(void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int number = pthread_create(&thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (number == 0) pthread_join(thread, NULL);
  return number;
}

bool add_functions(napi_env env, napi_value exports, const struct function *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value value;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &value) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, value) != napi_ok)
      return false;
  }
  return true;
}

NAPI_MODULE_INIT() {
  if (add_mount(env, exports) && add_files(env, exports) && add_process(env, exports) && add_watch(env, exports) &&
      add_netns(env, exports) && add_netlink(env, exports) && add_gzip(env, exports) &&
      add_sha256(env, exports))
    return exports;
  napi_throw_error(env, NULL, "the native part of strata cannot be set up");
  return NULL;
}
