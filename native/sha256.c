/*
 * SHA-256 of bytes that come one after the other, on libuv's thread pool, by the OpenSSL that is part of Node: it exports
 * the functions for addons, and says nowhere else that its headers are needed, so what is used of them is declared here.
 */
#include "addon.h"

typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *context);
const EVP_MD *EVP_sha256(void);
int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, void *engine);
int EVP_DigestUpdate(EVP_MD_CTX *context, const void *data, size_t length);
int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *length);

enum { DIGEST_BYTES = 32 };

static const napi_type_tag sha256_tag = {0x7374726174613032, 0x7368613235360000};

struct sha256 {
  EVP_MD_CTX *context;
  /* Takes bytes in, or has told its digest: nothing may be asked of it. */
  bool closed;
};

struct update {
  struct job job;
  struct sha256 *hash;
  struct bytes input;
};

static void free_sha256(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct sha256 *hash = data;
  EVP_MD_CTX_free(hash->context);
  free(hash);
}

/* sha256New() -> handle. */
static napi_value js_sha256_new(napi_env env, napi_callback_info info) {
  (void)info;
  struct sha256 *hash = calloc(1, sizeof *hash);
  if (!hash) return throw_errno(env, ENOMEM, "sha256", NULL);
  hash->context = EVP_MD_CTX_new();
  if (!hash->context || !EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL)) {
    free_sha256(env, hash, NULL);
    return throw_errno(env, ENOMEM, "sha256", NULL);
  }
  return new_handle(env, hash, free_sha256, &sha256_tag);
}

static struct sha256 *open_hash(napi_env env, napi_value handle) {
  struct sha256 *hash = handle_data(env, handle, &sha256_tag);
  if (!hash || !hash->closed) return hash;
  napi_throw_error(env, "EBUSY", "a digest takes bytes in one after the other, and none after its end");
  return NULL;
}

static void run_update(struct job *job) {
  struct update *update = (struct update *)job;
  job->syscall = "sha256";
  if (!EVP_DigestUpdate(update->hash->context, update->input.data, update->input.length)) job->number = EIO;
}

static void end_update(struct job *job) {
  ((struct update *)job)->hash->closed = job->number != 0;
}

/*
 * sha256Update(handle, bytes) -> Promise: takes the bytes in. They must not be changed, or their buffer detached, and the
 * handle not used, before the promise is settled.
 */
static napi_value js_sha256_update(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  struct bytes input;
  struct sha256 *hash = open_hash(env, argv[0]);
  if (!hash || !read_bytes(env, argv[1], &input)) return NULL;
  struct update *update = calloc(1, sizeof *update);
  napi_value held;
  if (!update || napi_create_array_with_length(env, 2, &held) != napi_ok) {
    free(update);
    return throw_errno(env, ENOMEM, "sha256", NULL);
  }
  napi_set_element(env, held, 0, argv[0]);
  napi_set_element(env, held, 1, argv[1]);
  update->job.run = run_update;
  update->job.end = end_update;
  update->hash = hash;
  update->input = input;
  hash->closed = true;
  return start_job(env, &update->job, held);
}

/* sha256Digest(handle) -> Buffer. Nothing can be taken in afterwards. */
static napi_value js_sha256_digest(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  struct sha256 *hash = open_hash(env, argv[0]);
  if (!hash) return NULL;
  unsigned char digest[DIGEST_BYTES];
  hash->closed = true;
  if (!EVP_DigestFinal_ex(hash->context, digest, NULL)) return throw_errno(env, EIO, "sha256", NULL);
  napi_value result = NULL;
  napi_create_buffer_copy(env, sizeof digest, digest, NULL, &result);
  return result;
}

bool add_sha256(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"sha256New", js_sha256_new},
      {"sha256Update", js_sha256_update},
      {"sha256Digest", js_sha256_digest},
  };
  return add_functions(env, exports, functions, COUNT(functions));
}
