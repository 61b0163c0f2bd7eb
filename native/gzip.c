/*
 * gzip (RFC 1952) on Intel's ISA-L: reading as a stream, writing in pieces. Compiled without STRATA_ISAL the addon has no
 * gzip functions, only `isal: false`. A handle may be used by one thread at a time; it is freed when it is collected.
 */
#include "addon.h"

#ifndef STRATA_ISAL
bool add_gzip(napi_env env, napi_value exports) {
  napi_value value;
  return napi_get_boolean(env, false, &value) == napi_ok && napi_set_named_property(env, exports, "isal", value) == napi_ok;
}
#else
#include <isa-l/igzip_lib.h>

/* What keeps a handle from being taken for another of the addon. */
static const napi_type_tag inflater_tag = {0x7374726174613031, 0x696e666c61746572};

/* Where an inflater stands; what JavaScript is told as `state`. */
enum place {
  INSIDE = 0,  /* in a member: an end of input now is a truncation */
  BETWEEN = 1, /* after a member: the input may end here */
  PADDED = 2,  /* after a member came zeros: everything from there on is ignored, as gzip(1) does */
  OUTSIDE = 3, /* nothing read yet */
};

struct inflater {
  enum place place;
  bool in_header;
  struct isal_gzip_header header;
  struct inflate_state state;
};

static void finalize(napi_env env, void *data, void *hint) {
  (void)hint;
  int64_t change;
  napi_adjust_external_memory(env, -(int64_t)sizeof(struct inflater), &change);
  free(data);
}

static napi_value new_handle(napi_env env, void *data, const napi_type_tag *tag) {
  napi_value handle;
  int64_t change;
  if (napi_create_external(env, data, finalize, NULL, &handle) != napi_ok) {
    free(data);
    napi_throw_error(env, NULL, "cannot make a handle");
    return NULL;
  }
  napi_adjust_external_memory(env, (int64_t)sizeof(struct inflater), &change);
  napi_type_tag_object(env, handle, tag);
  return handle;
}

static void *handle_data(napi_env env, napi_value handle, const napi_type_tag *tag) {
  bool same = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, handle, tag, &same) != napi_ok || !same ||
      napi_get_value_external(env, handle, &data) != napi_ok) {
    napi_throw_type_error(env, NULL, "a gzip handle is expected");
    return NULL;
  }
  return data;
}

static napi_value push_result(napi_env env, size_t consumed, size_t produced, int state) {
  napi_value result;
  napi_create_object(env, &result);
  set_number(env, result, "consumed", (int64_t)consumed);
  set_number(env, result, "produced", (int64_t)produced);
  set_number(env, result, "state", state);
  return result;
}

/* The rest of a Uint8Array from `offset` on. */
static bool read_rest(napi_env env, napi_value array, napi_value offset, struct bytes *rest) {
  int64_t skip;
  if (!read_bytes(env, array, rest) || !read_integer(env, offset, &skip)) return false;
  if (skip < 0 || (uint64_t)skip > rest->length || rest->length - (size_t)skip > UINT32_MAX) {
    napi_throw_range_error(env, NULL, "the offset is outside the array");
    return false;
  }
  rest->data += skip;
  rest->length -= (size_t)skip;
  return true;
}

static void begin_member(struct inflater *inflater) {
  struct inflate_state *state = &inflater->state;
  uint8_t *next_in = state->next_in, *next_out = state->next_out;
  uint32_t avail_in = state->avail_in, avail_out = state->avail_out;
  isal_inflate_init(state);
  state->next_in = next_in;
  state->avail_in = avail_in;
  state->next_out = next_out;
  state->avail_out = avail_out;
  state->crc_flag = ISAL_GZIP_NO_HDR_VER;
  isal_gzip_header_init(&inflater->header);
  inflater->in_header = true;
  inflater->place = INSIDE;
}

/* Works until the input is used up or the output is full. Returns 0 or the message of what is wrong. */
static const char *inflate_some(struct inflater *inflater) {
  struct inflate_state *state = &inflater->state;
  for (;;) {
    if (inflater->place != INSIDE) {
      if (state->avail_in == 0 || inflater->place == PADDED) break;
      if (inflater->place == BETWEEN && *state->next_in == 0) {
        inflater->place = PADDED;
        break;
      }
      if (*state->next_in != 0x1f) return "gzip: invalid header";
      begin_member(inflater);
    }
    int result;
    if (inflater->in_header) {
      result = isal_read_gzip_header(state, &inflater->header);
      if (result == ISAL_END_INPUT) break;
      if (result != ISAL_DECOMP_OK) return "gzip: invalid header";
      inflater->in_header = false;
    }
    result = isal_inflate(state);
    if (result == ISAL_INCORRECT_CHECKSUM) return "gzip: invalid checksum";
    if (result < 0) return "flate: corrupt input";
    if (state->block_state == ISAL_BLOCK_FINISH) inflater->place = BETWEEN;
    else if (state->avail_in == 0 || state->avail_out == 0) break;
  }
  if (inflater->place == PADDED) {
    state->next_in += state->avail_in;
    state->avail_in = 0;
  }
  return NULL;
}

/* inflateNew() -> handle. */
static napi_value js_inflate_new(napi_env env, napi_callback_info info) {
  (void)info;
  struct inflater *inflater = calloc(1, sizeof *inflater);
  if (!inflater) return throw_errno(env, ENOMEM, "inflate", NULL);
  inflater->place = OUTSIDE;
  return new_handle(env, inflater, &inflater_tag);
}

/*
 * inflatePush(handle, input, inputOffset, output, outputOffset) -> {consumed, produced, state}: works until the input
 * is used up or the output is full (then call again with a new output, even when all input was consumed). `state` is 0
 * inside a member, 1 after one, 2 when only ignored padding follows, 3 before the first byte. Corrupt input throws an
 * Error with `code` EBADMSG.
 */
static napi_value js_inflate_push(napi_env env, napi_callback_info info) {
  ARGUMENTS(5);
  struct bytes input, output;
  struct inflater *inflater = handle_data(env, argv[0], &inflater_tag);
  if (!inflater || !read_rest(env, argv[1], argv[2], &input) || !read_rest(env, argv[3], argv[4], &output)) return NULL;
  struct inflate_state *state = &inflater->state;
  state->next_in = input.data;
  state->avail_in = (uint32_t)input.length;
  state->next_out = output.data;
  state->avail_out = (uint32_t)output.length;
  const char *wrong = inflate_some(inflater);
  if (wrong) {
    napi_throw_error(env, "EBADMSG", wrong);
    return NULL;
  }
  return push_result(env, input.length - state->avail_in, output.length - state->avail_out, (int)inflater->place);
}

static const uint32_t level_sizes[] = {ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};

/*
 * deflatePiece(level, input, output) -> the bytes written: compresses all of `input` to DEFLATE blocks (RFC 1951) that end
 * at a byte, refer to nothing before them and are not the last. Level 0 (fastest) to 3 (smallest). Throws a RangeError
 * when `output` is too small.
 */
static napi_value js_deflate_piece(napi_env env, napi_callback_info info) {
  ARGUMENTS(3);
  struct bytes input, output;
  int64_t level;
  if (!read_integer(env, argv[0], &level) || !read_bytes(env, argv[1], &input) || !read_bytes(env, argv[2], &output)) {
    return NULL;
  }
  if (level < 0 || level >= (int64_t)COUNT(level_sizes) || input.length > UINT32_MAX || output.length > UINT32_MAX) {
    napi_throw_range_error(env, NULL, "the level is 0 to 3, and a piece below 4 GiB");
    return NULL;
  }
  struct isal_zstream *stream = malloc(sizeof *stream + level_sizes[level]);
  if (!stream) return throw_errno(env, ENOMEM, "deflate", NULL);
  isal_deflate_init(stream);
  stream->gzip_flag = IGZIP_DEFLATE;
  stream->flush = FULL_FLUSH;
  stream->level = (uint32_t)level;
  stream->level_buf = level_sizes[level] ? (uint8_t *)(stream + 1) : NULL;
  stream->level_buf_size = level_sizes[level];
  stream->next_in = input.data;
  stream->avail_in = (uint32_t)input.length;
  stream->next_out = output.data;
  stream->avail_out = (uint32_t)output.length;
  int result = isal_deflate(stream);
  bool whole = result == COMP_OK && stream->avail_in == 0 && stream->avail_out > 0;
  size_t produced = output.length - stream->avail_out;
  free(stream);
  napi_value number = NULL;
  if (whole) napi_create_int64(env, (int64_t)produced, &number);
  else napi_throw_range_error(env, NULL, "the output is too small");
  return number;
}

bool add_gzip(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"inflateNew", js_inflate_new},
      {"inflatePush", js_inflate_push},
      {"deflatePiece", js_deflate_piece},
  };
  napi_value value;
  return napi_get_boolean(env, true, &value) == napi_ok && napi_set_named_property(env, exports, "isal", value) == napi_ok &&
         add_functions(env, exports, functions, COUNT(functions));
}
#endif
