#!/bin/sh
# Prints where Kafka for the tests is; installs it once, by Maven, when it is missing. Quick when it is there.
#   lib/  the jars     data/  an empty log directory, formatted     kafka.jsa  classes ready to map (optional: starts are 4 times as fast)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
version=4.3.1
home=$root/.tools/kafka-$version

say() { printf '\033[36mkafka\033[0m %s\n' "$*" >&2; }

# KRaft brokers of this version need Java 17.
has_java() { command -v java >/dev/null 2>&1 && java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])'; }

install_java_and_maven() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || { say "install Java 17 or later and Maven by hand, then run this again"; exit 1; }
  say "installing Java and Maven (once) …"
  export DEBIAN_FRONTEND=noninteractive
  packages='maven'
  has_java || packages="$packages openjdk-17-jre-headless"
  # shellcheck disable=SC2086
  { apt-get install -y --no-install-recommends $packages || { apt-get update && apt-get install -y --no-install-recommends $packages; }; } >&2
}

write_pom() {
  cat >"$1" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gatehouse</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
}

# Formats the directory that brokers begin with.
prepare() {
  (
    cd "$1"
    cp "$root/test/support/parts/kafka.properties" once.properties
    cat >>once.properties <<ONCE
listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0
advertised.listeners=PLAINTEXT://127.0.0.1:9092
controller.quorum.voters=1@127.0.0.1:9093
log.dirs=$1/data
ONCE
    java -cp 'lib/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c once.properties >/dev/null 2>&1
    rm once.properties
  )
}

# The directory gets its name when it is whole, so that a broken download is never taken for an installation.
install_kafka() {
  { has_java && command -v mvn >/dev/null 2>&1; } || install_java_and_maven
  say "the tests need Kafka: fetching $version by Maven (once, about 45 MB) …"
  part=$home.part
  rm -rf "$part"
  mkdir -p "$part"
  write_pom "$part/pom.xml"
  (cd "$part" && mvn -q -B -ntp dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib) >&2
  prepare "$part"
  mv "$part" "$home"
}

[ -d "$home/data" ] && has_java && { echo "$home"; exit 0; }
mkdir -p "$root/.tools"
# Several test workers may come here at once: one installs, the others wait for it.
if [ -z "${GATEHOUSE_KAFKA_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
  GATEHOUSE_KAFKA_LOCKED=1 exec flock "$root/.tools/kafka.lock" "$0"
fi
has_java || install_java_and_maven
[ -d "$home/data" ] || install_kafka
echo "$home"
