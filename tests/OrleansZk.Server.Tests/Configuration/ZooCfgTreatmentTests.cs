using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>Keys of zoo.cfg that are refused or ignored, and what is beside the file.</summary>
public sealed class ZooCfgTreatmentTests
{
    private static readonly ZooCfgContext Ensemble = new(IsEnsemble: true, HasPeerCertificate: false);

    [Theory]
    [InlineData("secureClientPort=2182", "TLS")]
    [InlineData("secureClientPortAddress=10.0.0.1", "TLS")]
    [InlineData("client.portUnification=true", "TLS")]
    [InlineData("ssl.keyStore.location=key.jks", "TLS")]
    [InlineData("zookeeper.ssl.clientAuth=none", "TLS")]
    [InlineData("admin.forceHttps=true", "TLS")]
    [InlineData("admin.portUnification=true", "TLS")]
    [InlineData("admin.needClientAuth=true", "TLS")]
    [InlineData("authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider", "TLS")]
    [InlineData("authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider", "SASL")]
    [InlineData("sessionRequireClientSASLAuth=true", "SASL")]
    [InlineData("authProvider.2=com.example.Provider", "com.example.Provider")]
    [InlineData("serverCnxnFactory=com.example.Factory", "com.example.Factory")]
    [InlineData("enforce.auth.enabled=true", "authenticate")]
    [InlineData("DigestAuthenticationProvider.enabled=false", "digest")]
    [InlineData("audit.enable=true", "audit log")]
    public void A_key_is_refused_when_going_without_would_not_be_safe(string line, string missing)
    {
        using var file = new ZooCfgFile("clientPort=2181", line);
        string message = file.Fail().ShouldHaveSingleItem();
        string key = line[..line.IndexOf('=', StringComparison.Ordinal)].Replace("zookeeper.", "", StringComparison.Ordinal);
        message.ShouldStartWith($"zoo.cfg, line 2: {key} is refused: ");
        message.ShouldContain(missing);
        message.ShouldEndWith("; remove the line to go without");
    }

    [Fact]
    public void A_refusal_does_not_tell_a_password()
    {
        using var file = new ZooCfgFile("ssl.keyStore.password=hunter2");
        file.Fail().ShouldHaveSingleItem().ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("initLimit=10")]
    [InlineData("syncLimit=5")]
    [InlineData("autopurge.snapRetainCount=3")]
    [InlineData("autopurge.purgeInterval=5h")]
    [InlineData("dataLogDir=log")]
    [InlineData("metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider")]
    [InlineData("metricsProvider.ssl.keyStore.location=x")]
    [InlineData("ssl.quorum.keyStore.location=x")]
    [InlineData("sslQuorum=true")]
    [InlineData("quorum.auth.enableSasl=true")]
    [InlineData("nio.numWorkerThreads=4")]
    [InlineData("netty.advancedFlowControl.enabled=true")]
    [InlineData("commitProcessor.numWorkerThreads=4")]
    [InlineData("reconfigEnabled=true")]
    [InlineData("standaloneEnabled=false")]
    [InlineData("group.1=1:2:3")]
    [InlineData("jute.maxbuffer.extrasize=1")]
    [InlineData("admin.commandURL=/zk")]
    public void A_key_without_effect_is_named_with_the_reason(string line)
    {
        using var file = new ZooCfgFile("", line);
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();
        values.ShouldBeEmpty();
        string warning = warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith($"zoo.cfg, line 2: {line[..line.IndexOf('=', StringComparison.Ordinal)]} is ignored, because ");
    }

    [Theory]
    [InlineData("clientport", "; did you mean clientPort?")]
    [InlineData("tikcTime", "; did you mean tickTime?")]
    [InlineData("somethingElse", "")]
    public void An_unknown_key_is_named_and_a_near_one_suggested(string key, string suggestion)
    {
        using var file = new ZooCfgFile($"{key}=1");
        file.Read().Warnings.ShouldBe([$"zoo.cfg, line 1: {key} is ignored, because no such key is known{suggestion}"]);
    }

    [Fact]
    public void Several_servers_are_refused()
    {
        using var file = new ZooCfgFile("server.1=a:2888:3888", "server.2=b:2888:3888", "server.3=c:2888:3888");
        file.Fail().ShouldHaveSingleItem().ShouldStartWith("zoo.cfg, line 1: server.1, server.2, server.3 are refused: ");
    }

    [Fact]
    public void Several_servers_are_refused_in_the_dynamic_file_too()
    {
        using var file = new ZooCfgFile();
        string members = Path.Combine(file.Folder, "zoo.cfg.dynamic");
        File.WriteAllText(members, "server.1=a:2888:3888:participant;2181\nserver.2=b:2888:3888:participant;2181\nversion=100000000\n");
        File.WriteAllText(file.Path, $"dynamicConfigFile={members}\n");
        file.Fail().ShouldHaveSingleItem().ShouldStartWith("zoo.cfg.dynamic, line 1: server.1, server.2 are refused: ");
    }

    [Fact]
    public void A_dynamic_file_that_is_not_there_is_refused()
    {
        using var file = new ZooCfgFile("dynamicConfigFile=no/such/file");
        file.Fail().ShouldHaveSingleItem().ShouldStartWith("no/such/file cannot be read: ");
    }

    [Theory]
    [InlineData("server.1=localhost:2888:3888", null, null)]
    [InlineData("server.1=localhost:2888:3888;2182", "2182", null)]
    [InlineData("server.1=localhost:2888:3888:participant;127.0.0.1:2182", "2182", "127.0.0.1")]
    [InlineData("server.1=localhost:2888:3888;[::1]:2182", "2182", "::1")]
    public void The_client_port_of_a_single_server_is_taken(string line, string? port, string? address)
    {
        using var file = new ZooCfgFile(line);
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();
        values.GetValueOrDefault("ClientPort").ShouldBe(port);
        values.GetValueOrDefault("ClientAddress").ShouldBe(address);
        warnings.ShouldBeEmpty();
    }

    [Fact]
    public void The_key_clientPort_goes_before_the_line_of_a_single_server()
    {
        using var file = new ZooCfgFile("server.1=localhost:2888:3888;2182", "clientPort=2181");
        file.Read().Values["ClientPort"].ShouldBe("2181");
    }

    [Theory]
    [InlineData("7\n", "7")]
    [InlineData(" 255 ", "255")]
    public void The_file_myid_gives_the_number_of_the_server(string text, string id)
    {
        using var file = new ZooCfgFile();
        File.WriteAllText(file.Path, $"dataDir={file.Folder}\n");
        File.WriteAllText(Path.Combine(file.Folder, "myid"), text);
        file.Read().Values["ServerId"].ShouldBe(id);
    }

    [Theory]
    [InlineData("256")]
    [InlineData("-1")]
    public void A_myid_that_only_ZooKeeper_can_have_is_ignored_by_a_server_that_stands_alone(string text)
    {
        using var file = new ZooCfgFile();
        File.WriteAllText(file.Path, $"dataDir={file.Folder}\n");
        File.WriteAllText(Path.Combine(file.Folder, "myid"), text);
        file.Read().Warnings.ShouldBe(
            [$"myid, line 1: the server's number is '{text}', which is ignored, because it is not an integer from 0 to 255; a server that stands alone needs none"]);
        file.Read().Values.ContainsKey("ServerId").ShouldBeFalse();
        file.Fail(Ensemble).ShouldHaveSingleItem().ShouldBe($"myid, line 1: the server's number is '{text}', but must be an integer from 0 to 255");
    }

    [Fact]
    public void In_an_ensemble_the_lines_of_servers_are_ignored_and_the_client_port_is_that_of_this_one()
    {
        using var file = new ZooCfgFile();
        File.WriteAllText(
            file.Path, $"dataDir={file.Folder}\nserver.1=a:2888:3888;2181\nserver.2=b:2888:3888;2182\nserver.3=c:2888:3888;2183\ninitLimit=10\n");
        File.WriteAllText(Path.Combine(file.Folder, "myid"), "2");
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read(Ensemble);
        values["ClientPort"].ShouldBe("2182");
        warnings.ShouldBe(
            [
                "zoo.cfg, line 2: server.1, server.2, server.3 are ignored, because servers of an ensemble find each other through their store (--ensemble)",
                "zoo.cfg, line 5: initLimit is ignored, because servers of an ensemble find each other, and agree, through their store",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void In_an_ensemble_TLS_between_servers_is_not_gone_without()
    {
        using var file = new ZooCfgFile("sslQuorum=true");
        file.Fail(Ensemble).ShouldHaveSingleItem().ShouldBe(
            "zoo.cfg, line 1: sslQuorum is refused: servers would speak to each other without TLS; set OrleansZk:PeerCertificatePath; remove the line to go without");
        file.Read(Ensemble with { HasPeerCertificate = true }).Warnings.ShouldHaveSingleItem().ShouldStartWith("zoo.cfg, line 1: sslQuorum is ignored");
    }

    [Theory]
    [InlineData("sessionRequireClientSASLAuth=yes")]
    [InlineData("enforce.auth.enabled=1")]
    [InlineData("audit.enable=TRUE")]
    [InlineData("client.portUnification=on")]
    public void What_may_be_meant_to_close_something_is_refused_though_ZooKeeper_would_take_it_for_false(string line)
    {
        using var file = new ZooCfgFile(line);
        file.Fail().ShouldHaveSingleItem().ShouldContain(" is refused: ");
    }

    [Fact]
    public void A_secure_port_that_is_none_needs_no_word()
    {
        using var file = new ZooCfgFile("secureClientPort=0");
        file.Read().Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("one")]
    [InlineData("")]
    public void A_myid_that_is_no_number_of_a_server_is_refused(string text)
    {
        using var file = new ZooCfgFile();
        File.WriteAllText(file.Path, $"dataDir={file.Folder}\n");
        File.WriteAllText(Path.Combine(file.Folder, "myid"), text);
        file.Fail().ShouldHaveSingleItem().ShouldBe(text.Length == 0
            ? "myid, line 1: the server's number is empty, but must be an integer from 0 to 255"
            : $"myid, line 1: the server's number is '{text}', but must be an integer from 0 to 255");
    }

    [Fact]
    public void ZooKeepers_own_data_files_are_said_not_to_be_read()
    {
        using var file = new ZooCfgFile();
        File.WriteAllText(file.Path, $"dataDir={file.Folder}\n");
        Directory.CreateDirectory(Path.Combine(file.Folder, "version-2"));
        file.Read().Warnings.ShouldHaveSingleItem().ShouldStartWith("zoo.cfg, line 1: version-2 holds ZooKeeper's own data files, which are neither read");
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused() =>
        Should.Throw<ConfigurationException>(() => ZooCfgReader.Read("no/such/zoo.cfg")).Message.ShouldStartWith("no/such/zoo.cfg cannot be read: ");
}
