#!/bin/sh
# Installs what "make" needs and this machine lacks, with apt-get on Debian and Ubuntu:
#
#   packaging/setup.sh go ffmpeg compiler
#
# Silent, and without network, when nothing is missing. On other systems it says what to install and stops.
set -eu

packages= # Debian's names of what is missing
names=    # the same for people

lacks() { # lacks "name for people" package...
	names="${names:+$names, }$1"
	shift
	packages="$packages $*"
}

has() { command -v "$1" >/dev/null 2>&1; }

# Go's race detector links with C.
compiles() { echo '#include <stdlib.h>
int main(void) { return EXIT_SUCCESS; }' | "${CC:-gcc}" -x c -o /dev/null - >/dev/null 2>&1; }

# Go downloads modules over HTTPS; a bare Debian trusts nobody.
trusts() {
	[ "$(uname -s)" != Linux ] || [ -n "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] || [ -e /etc/ssl/certs/ca-certificates.crt ] ||
		[ -e /etc/pki/tls/certs/ca-bundle.crt ] || [ -e /etc/ssl/ca-bundle.pem ] || [ -e /etc/ssl/cert.pem ]
}

for need in "$@"; do
	case $need in
	go)
		if ! has go; then
			echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl/ and run make again." >&2
			exit 1
		fi
		trusts || lacks "root certificates" ca-certificates
		;;
	ffmpeg) has ffmpeg && has ffprobe || lacks "FFmpeg 5.1 or newer" ffmpeg ;;
	compiler) compiles || lacks "a C compiler with its headers" gcc libc6-dev ;;
	*)
		echo "packaging/setup.sh: no such need: $need" >&2
		exit 2
		;;
	esac
done

if [ -n "$packages" ]; then
	if ! has apt-get; then
		echo "Please install $names, then run make again." >&2
		exit 1
	fi
	as_root=
	if [ "$(id -u)" != 0 ]; then
		if ! has sudo; then
			echo "Please install $names as root (apt-get install$packages), then run make again." >&2
			exit 1
		fi
		as_root=sudo
	fi

	echo "Installing $names (apt-get install$packages) ..."
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	# A bare machine has no package lists yet, an idle one has old ones. Its clean-up hooks say nothing that helps here.
	# shellcheck disable=SC2086 # the packages are words
	if ! { $as_root apt-get -qq update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $packages; } >"$log" 2>&1; then
		cat "$log" >&2
		echo "apt-get could not install$packages; its words are above." >&2
		exit 1
	fi
fi

# Ubuntu 22.04 still brings FFmpeg 4.4. Builds from git call themselves N-12345 and are new enough.
case " $* " in
*" ffmpeg "*)
	version=$(ffmpeg -version | sed -n '1s/^ffmpeg version [^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
	case $version in
	[0-4].* | 5.0)
		echo "FFmpeg $version is too old: install FFmpeg 5.1 or newer, put it first in PATH and run make again." >&2
		exit 1
		;;
	esac
	;;
esac
