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
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

/* What keeps a handle from being taken for another of the addon. */
static const napi_type_tag inflater_tag = {0x7374726174613031, 0x696e666c61746572};

/* Where an inflater stands; what JavaScript is told as `state`. */
enum place {
  INSIDE = 0,  /* in a member: an end of input now is a truncation */
  BETWEEN = 1, /* after a member: the input may end here */
  BEYOND = 2,  /* after a member came what begins none: everything from there on is passed over */
  OUTSIDE = 3, /* nothing read yet */
};

struct inflater {
  enum place place;
  bool in_header;
  bool later; /* a member has ended before */
  struct isal_gzip_header header;
  struct inflate_state state;
};

static void free_inflater(napi_env env, void *data, void *hint) {
  (void)hint;
  int64_t change;
  napi_adjust_external_memory(env, -(int64_t)sizeof(struct inflater), &change);
  free(data);
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
      if (state->avail_in == 0 || inflater->place == BEYOND) break;
      if (*state->next_in != 0x1f) {
        if (!inflater->later) return "gzip: invalid header";
        inflater->place = BEYOND;
        break;
      }
      begin_member(inflater);
    }
    int result;
    if (inflater->in_header) {
      result = isal_read_gzip_header(state, &inflater->header);
      if (result == ISAL_END_INPUT) break;
      if (result != ISAL_DECOMP_OK) {
        if (!inflater->later) return "gzip: invalid header";
        inflater->place = BEYOND;
        break;
      }
      inflater->in_header = false;
    }
    result = isal_inflate(state);
    if (result == ISAL_INCORRECT_CHECKSUM) return "gzip: invalid checksum";
    if (result < 0) return "flate: corrupt input";
    if (state->block_state == ISAL_BLOCK_FINISH) {
      inflater->place = BETWEEN;
      inflater->later = true;
    } else if (state->avail_in == 0 || state->avail_out == 0) break;
  }
  if (inflater->place == BEYOND) {
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
  int64_t change;
  napi_adjust_external_memory(env, (int64_t)sizeof(struct inflater), &change);
  return new_handle(env, inflater, free_inflater, &inflater_tag);
}

/*
 * inflatePush(handle, input, inputOffset, output, outputOffset) -> {consumed, produced, state}: works until the input
 * is used up or the output is full (then call again with a new output, even when all input was consumed). `state` is 0
 * inside a member, 1 after one, 2 when what follows is no member and passed over, 3 before the first byte. Corrupt input
 * throws an Error with `code` EBADMSG.
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

/* One piece that is compressed. */
struct deflate {
  struct job job;
  uint32_t level;
  struct bytes input;
  uint8_t *output;
  size_t produced;
  uint32_t crc;
};

static void run_deflate(struct job *job) {
  struct deflate *deflate = (struct deflate *)job;
  uint32_t level_size = level_sizes[deflate->level];
  /* Level 0 has one table for all content: the longest codes have 15 bits. What is not written to costs nothing. */
  size_t room = 2 * deflate->input.length + 1024;
  struct isal_zstream *stream = malloc(sizeof *stream + level_size);
  deflate->output = malloc(room);
  job->syscall = "deflate";
  if (stream && deflate->output) {
    isal_deflate_init(stream);
    stream->gzip_flag = IGZIP_DEFLATE;
    stream->flush = FULL_FLUSH;
    stream->level = deflate->level;
    stream->level_buf = level_size ? (uint8_t *)(stream + 1) : NULL;
    stream->level_buf_size = level_size;
    stream->next_in = deflate->input.data;
    stream->avail_in = (uint32_t)deflate->input.length;
    stream->next_out = deflate->output;
    stream->avail_out = (uint32_t)room;
    int result = isal_deflate(stream);
    if (result != COMP_OK || stream->avail_in > 0 || stream->avail_out == 0) job->number = EOVERFLOW;
    deflate->produced = room - stream->avail_out;
    deflate->crc = crc32_gzip_refl(0, deflate->input.data, deflate->input.length);
  } else {
    job->number = ENOMEM;
  }
  free(stream);
}

static napi_value deflate_result(napi_env env, struct job *job) {
  struct deflate *deflate = (struct deflate *)job;
  napi_value made, buffer, blocks, result;
  void *data;
  /* A copy of just the size, in memory that the collector counts; that of a Buffer is not cleared first. */
  if (napi_create_buffer(env, deflate->produced, &data, &made) != napi_ok ||
      napi_get_typedarray_info(env, made, NULL, NULL, NULL, &buffer, NULL) != napi_ok) {
    return NULL;
  }
  memcpy(data, deflate->output, deflate->produced);
  if (napi_create_typedarray(env, napi_uint8_array, deflate->produced, buffer, 0, &blocks) != napi_ok ||
      napi_create_object(env, &result) != napi_ok || napi_set_named_property(env, result, "blocks", blocks) != napi_ok) {
    return NULL;
  }
  set_number(env, result, "crc", deflate->crc);
  return result;
}

static void end_deflate(struct job *job) {
  free(((struct deflate *)job)->output);
}

/*
 * deflatePiece(level, input) -> Promise<{blocks, crc}>: compresses all of `input` to DEFLATE blocks (RFC 1951) that end at
 * a byte, refer to nothing before them and are not the last, and reckons its CRC-32. Level 0 (fastest) to 3 (smallest). The
 * input must not be changed, or its buffer detached, before the promise is settled.
 */
static napi_value js_deflate_piece(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  struct bytes input;
  int64_t level;
  if (!read_integer(env, argv[0], &level) || !read_bytes(env, argv[1], &input)) return NULL;
  if (level < 0 || level >= (int64_t)COUNT(level_sizes) || input.length > UINT32_MAX / 4) {
    napi_throw_range_error(env, NULL, "the level is 0 to 3, and a piece below 1 GiB");
    return NULL;
  }
  struct deflate *deflate = calloc(1, sizeof *deflate);
  if (!deflate) return throw_errno(env, ENOMEM, "deflate", NULL);
  deflate->job.run = run_deflate;
  deflate->job.result = deflate_result;
  deflate->job.end = end_deflate;
  deflate->level = (uint32_t)level;
  deflate->input = input;
  return start_job(env, &deflate->job, argv[1]);
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
