"""Everything that is fetched, with its hash. Plain literals: third_party/fetch.py reads this file too."""

# Archives by the name of their repository. "debian" is the source package that has the same bytes;
# "build_file" is ours, for archives that have none.
ARCHIVES = {
    "com_google_googletest": {
        "url": "https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz",
        "sha256": "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        "strip_prefix": "googletest-release-1.12.1",
        "debian": "googletest",
    },
    "google_benchmark": {
        "url": "https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz",
        "sha256": "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        "strip_prefix": "benchmark-1.7.1",
        "debian": "benchmark",
    },
    "libev": {
        "url": "http://dist.schmorp.de/libev/Attic/libev-4.33.tar.gz",
        "sha256": "507eb7b8d1015fbec5b935f34ebed15bf346bed04a11ab82b8eee848c4205aea",
        "strip_prefix": "libev-4.33",
        "debian": "libev",
        "build_file": "//third_party/peers:libev.BUILD.bazel",
    },
    "libevent": {
        "url": "https://github.com/libevent/libevent/releases/download/release-2.1.12-stable/libevent-2.1.12-stable.tar.gz",
        "sha256": "92e6de1be9ec176428fd2367677e61ceffc2ee1cb119035037a27d346b0403bb",
        "strip_prefix": "libevent-2.1.12-stable",
        "debian": "libevent",
        "build_file": "//third_party/peers:libevent.BUILD.bazel",
    },
    # Upstream's archive without its documentation, as the distributions have it.
    "libuv": {
        "url": "https://launchpad.net/ubuntu/+archive/primary/+sourcefiles/libuv1/1.44.2-1/libuv1_1.44.2.orig.tar.gz",
        "sha256": "d79b4b06ef04be85fb890bf39d55942cc64c2e15fd14eaa32dae5dce94485484",
        "strip_prefix": "libuv1-1.44.2",
        "debian": "libuv1",
        "build_file": "//third_party/peers:libuv.BUILD.bazel",
    },
    "rules_cc": {
        "url": "https://github.com/bazelbuild/rules_cc/releases/download/0.0.1/rules_cc-0.0.1.tar.gz",
        "sha256": "4dccbfd22c0def164c8f47458bd50e0c7148f3d92002cdb459c2a96a68498241",
        "strip_prefix": "",
        "debian": "",
    },
}

# The hermetic compiler: one wheel of the package `ziglang` for each kind of machine that builds.
ZIG = {
    "package": "ziglang",
    "version": "0.17.1",
    "sha256": {
        "linux_x86_64": "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
        "linux_arm64": "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
        "macos_x86_64": "4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97",
        "macos_arm64": "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",
        "windows_x86_64": "69c3dfc3aff6a297ec4017aa904782c0e450eb988982d7f675d83edce27526fb",
    },
}
