#!/bin/bash
# make-image.sh DIR: a real Debian image of 7 layers (about 1.6 GB, 48,000 files) as an OCI layout in DIR/oci, gzip layers. Made once;
# needs root, debootstrap and the Debian mirror that the machine uses.
set -euo pipefail
dir=$1
[ -e "$dir/oci/index.json" ] && exit 0
rm -rf "$dir"; mkdir -p "$dir/oci/blobs/sha256" "$dir/layers"
groups=(
  "gcc g++ make"
  "openjdk-17-jdk-headless"
  "python3 python3-pip python3-numpy"
  "nodejs npm"
  "git curl vim-nox perl-doc"
  "postgresql redis-server nginx libreoffice-core-nogui"
)
mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 | tr -d ' ')
debootstrap --variant=minbase bookworm "$dir/layers/0" "$mirror" > "$dir/log" 2>&1
rm -rf "$dir/layers/0/var/cache/apt/archives"/*.deb
cp /etc/apt/apt.conf.d/*proxy* "$dir/layers/0/etc/apt/apt.conf.d/" 2>/dev/null || true
cp /etc/apt/sources.list "$dir/layers/0/etc/apt/sources.list" 2>/dev/null || true
cp -a /etc/apt/sources.list.d/. "$dir/layers/0/etc/apt/sources.list.d/" 2>/dev/null || true
cp -a /usr/share/keyrings/. "$dir/layers/0/usr/share/keyrings/"
printf '#!/bin/sh\nexit 101\n' > "$dir/layers/0/usr/sbin/policy-rc.d"; chmod 755 "$dir/layers/0/usr/sbin/policy-rc.d"
lower="$dir/layers/0"
mnt="$dir/mnt"; mkdir -p "$mnt"
trap 'umount -R "$mnt" 2>/dev/null || true' EXIT
n=1
for packages in "${groups[@]}"; do
  mkdir -p "$dir/layers/$n" "$dir/work"
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/layers/$n,workdir=$dir/work" "$mnt"
  mount --bind /etc/resolv.conf "$mnt/etc/resolv.conf" 2>/dev/null || true
  chroot "$mnt" sh -c "apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/*" >> "$dir/log" 2>&1 < /dev/null
  umount -R "$mnt"; rm -rf "$dir/work"
  lower="$dir/layers/$n:$lower"
  n=$((n + 1))
done
# Overlay's whiteouts are not part of a fresh install's layers that matter here; drop them.
find "$dir/layers" -type c -links 1 -path "*/layers/[1-9]/*" -delete
diffs=""; descriptors=""
for i in $(seq 0 $((n - 1))); do
  tar --sort=name --xattrs --xattrs-include='security.*' -C "$dir/layers/$i" -cf "$dir/layer.tar" .
  diff=$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)
  gzip -6 -n -c "$dir/layer.tar" > "$dir/layer.gz"
  digest=$(sha256sum "$dir/layer.gz" | cut -d' ' -f1); size=$(stat -c %s "$dir/layer.gz")
  mv "$dir/layer.gz" "$dir/oci/blobs/sha256/$digest"
  diffs="$diffs${diffs:+,}\"sha256:$diff\""
  descriptors="$descriptors${descriptors:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$digest\",\"size\":$size}"
done
put() { local d; d=$(sha256sum "$1" | cut -d' ' -f1); echo "$d $(stat -c %s "$1")"; mv "$1" "$dir/oci/blobs/sha256/$d"; }
printf '{"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["bash"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$diffs" > "$dir/config"
read -r digest size < <(put "$dir/config")
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[%s]}' "$digest" "$size" "$descriptors" > "$dir/manifest"
read -r digest size < <(put "$dir/manifest")
echo '{"imageLayoutVersion":"1.0.0"}' > "$dir/oci/oci-layout"
rm -rf "$dir/layers" "$dir/layer.tar" "$dir/mnt"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"latest"}}]}' "$digest" "$size" > "$dir/oci/index.json"
