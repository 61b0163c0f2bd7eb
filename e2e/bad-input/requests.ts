/** Requests that the docker CLI would never send, with the answers of dockerd 28.5. */
export interface BadRequest {
  readonly method?: string
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly message: string
}

/** `image` is one that is there; a container `made` was created and does not run. */
export function requests(image: string): readonly BadRequest[] {
  const create = (body: string, message: string): BadRequest => ({
    path: '/containers/create',
    body,
    status: 400,
    message,
  })
  const json = (body: string, message: string) => create(body, `invalid JSON: ${message}`)
  const field = (fields: string, message: string) =>
    json(`{"Image": "${image}", ${fields}}`, `json: cannot unmarshal ${message}`)
  return [
    json('{', 'unexpected EOF'),
    json('', 'got EOF while reading request body'),
    create('null', 'config cannot be empty in order to create a container'),
    json('[]', 'json: cannot unmarshal array into Go value of type container.CreateRequest'),
    json('5', 'json: cannot unmarshal number into Go value of type container.CreateRequest'),
    json('"x"', 'json: cannot unmarshal string into Go value of type container.CreateRequest'),
    json('{"Image": 5}', 'json: cannot unmarshal number into Go struct field .Image of type string'),
    create(`{"Image": "${image}", "Cmd": ["true"]} trailing`, 'unexpected content after JSON'),
    field('"Cmd": 7', 'number into Go value of type string'),
    field('"Cmd": [1]', 'array into Go value of type string'),
    field('"Env": {"A": "b"}', 'object into Go struct field .Env of type []string'),
    field('"Tty": "yes"', 'string into Go struct field .Tty of type bool'),
    field('"tty": 1, "Hostname": 1', 'number into Go struct field .tty of type bool'),
    field('"Labels": {"0": 5}', 'number into .Labels.0 of type string'),
    json('{"Image" 5}', "invalid character '5' after object key"),
    field('"StopTimeout": 1.5', 'number 1.5 into Go struct field .StopTimeout of type int'),
    field('"Labels": ["a"]', 'array into Go struct field .Labels of type map[string]string'),
    field('"HostConfig": []', 'array into Go struct field .HostConfig of type container.HostConfig'),
    field('"HostConfig": {"Binds": "x"}', 'string into Go struct field .HostConfig.Binds of type []string'),
    field('"HostConfig": {"Memory": "1g"}', 'string into Go struct field .HostConfig.Memory of type int64'),
    field('"HostConfig": {"Memory": 1.0}', 'number 1.0 into Go struct field .HostConfig.Memory of type int64'),
    field('"HostConfig": {"PidMode": 5}', 'number into Go struct field .HostConfig.PidMode of type container.PidMode'),
    field(
      '"HostConfig": {"PortBindings": []}',
      'array into Go struct field .HostConfig.PortBindings of type nat.PortMap',
    ),
    field('"HostConfig": {"Ulimits": {}}', 'object into Go struct field .HostConfig.Ulimits of type []*units.Ulimit'),
    field(
      '"HostConfig": {"Mounts": [{"TmpfsOptions": {"Mode": 1.5}}]}',
      'number 1.5 into Go struct field .HostConfig.Mounts.0.TmpfsOptions.Mode of type fs.FileMode',
    ),
    field(
      '"HostConfig": {"PortBindings": {"80/tcp": {}}}',
      'object into Go struct field .HostConfig.PortBindings.80~1tcp of type []nat.PortBinding',
    ),
    {
      ...create('{"Image": "x"}', 'malformed Content-Type header (application/json;;): mime: invalid media parameter'),
      headers: { 'Content-Type': 'application/json;;' },
    },
    {
      ...create('{"Image": "x"}', "unsupported Content-Type header (text/plain): must be 'application/json'"),
      headers: { 'Content-Type': 'text/plain' },
    },
    create('{"Image": "Upper"}', 'invalid reference format: repository name (library/Upper) must be lowercase'),
    create(`{"Image": "${'x'.repeat(300)}"}`, 'repository name must not be more than 255 characters'),
    { ...create('{"Image": "nothing", "Cmd": ["true"]}', 'No such image: nothing:latest'), status: 404 },
    {
      path: '/containers/create?name=a/b',
      body: `{"Image": "${image}", "Cmd": ["true"]}`,
      status: 400,
      message: 'Invalid container name (a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    },
    {
      path: '/images/create?fromImage=Upper&tag=x',
      status: 400,
      message: 'invalid reference format: repository name (library/Upper) must be lowercase',
    },
    { path: '/images/create', status: 500, message: 'Get "http:": http: no Host in request URL' },
    {
      path: '/images/create?fromSrc=ftp://x/y',
      status: 500,
      message: 'Get "ftp://x/y": unsupported protocol scheme "ftp"',
    },
    {
      path: `/build/prune?filters=${encodeURIComponent('{"until":["1h","2h"]}')}`,
      status: 400,
      message: 'failed to prune build cache: filters expect only one value',
    },
    {
      path: `/build/prune?filters=${encodeURIComponent('{"unused-for":["x"]}')}`,
      status: 400,
      message: `failed to prune build cache: "unused-for" filter expects a duration (e.g., '24h') or a timestamp: failed to parse value as time or duration: "x"`,
    },
    { path: '/build/prune?filters=x&keep-storage=x', status: 400, message: 'invalid filter' },
    { method: 'GET', path: '/volumes?filters=x', status: 400, message: 'error reading volume filters: invalid filter' },
    { method: 'GET', path: '/volumes/', status: 404, message: 'get: no such volume' },
    { path: '/auth', body: '{', status: 500, message: 'unexpected EOF' },
    {
      path: '/auth',
      body: '{"username": 5}',
      status: 500,
      message: 'json: cannot unmarshal number into Go struct field .username of type string',
    },
    { path: '/containers/made/exec', body: '{', status: 400, message: 'invalid JSON: unexpected EOF' },
    {
      path: '/containers/made/exec',
      body: '{"Cmd": "x"}',
      status: 400,
      message: 'invalid JSON: json: cannot unmarshal string into Go struct field ExecOptions.Cmd of type []string',
    },
    { path: '/containers/made/exec', body: '{"Cmd": []}', status: 400, message: 'No exec command specified' },
    {
      path: '/containers/made/kill?signal=NONSENSE',
      status: 400,
      message: 'cannot kill container: made: invalid signal: NONSENSE',
    },
    { method: 'GET', path: '/containers/json?filters=x', status: 400, message: 'invalid filter' },
    {
      method: 'GET',
      path: `/containers/json?filters=${encodeURIComponent('{"status":["nonsense"]}')}`,
      status: 400,
      message:
        "invalid filter 'status=nonsense': invalid value for state (nonsense): must be one of created, running, paused, restarting, removing, exited, dead",
    },
    {
      method: 'GET',
      path: `/images/json?filters=${encodeURIComponent('{"nonsense":["x"]}')}`,
      status: 400,
      message: "invalid filter 'nonsense'",
    },
    {
      method: 'GET',
      path: '/containers/json?limit=x',
      status: 500,
      message: 'strconv.Atoi: parsing "x": invalid syntax',
    },
    { method: 'GET', path: '/events?since=x', status: 500, message: 'strconv.ParseInt: parsing "x": invalid syntax' },
    {
      method: 'GET',
      path: `/images/json?filters=${encodeURIComponent('{"reference":["["]}')}`,
      status: 500,
      message: 'syntax error in pattern',
    },
    { path: '/containers/made/rename', status: 400, message: 'Neither old nor new names may be empty' },
    {
      path: '/containers/made/rename?name=a/b',
      status: 400,
      message:
        'Error when allocating new name: Invalid container name (/a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    },
    { method: 'GET', path: '/nowhere', status: 404, message: 'page not found' },
    { method: 'DELETE', path: '/containers/json', status: 404, message: 'No such container: json' },
  ]
}
