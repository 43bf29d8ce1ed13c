namespace OrleansZk.Server.Tests.Configuration;

/// <summary>Keys of zoo.cfg that become settings.</summary>
public sealed class ZooCfgValueTests
{
    [Theory]
    [InlineData("clientPort=2182", "ClientPort", "2182")]
    [InlineData("clientPort = +2182", "ClientPort", "2182")]
    [InlineData("clientPortAddress=10.0.0.1", "ClientAddress", "10.0.0.1")]
    [InlineData("clientPortAddress=[::1]", "ClientAddress", "::1")]
    [InlineData("clientPortAddress=localhost", "ClientAddress", "127.0.0.1")]
    [InlineData("clientPortListenBacklog=128", "ClientListenBacklog", "128")]
    [InlineData("tickTime=500", "TickTime", "500")]
    [InlineData("minSessionTimeout=1000", "MinSessionTimeout", "1000")]
    [InlineData("maxSessionTimeout=-1", "MaxSessionTimeout", "-1")]
    [InlineData("maxClientCnxns=0", "MaxClientConnections", "0")]
    [InlineData("maxClientCnxns=-1", "MaxClientConnections", "0")]
    [InlineData("maxCnxns=7", "MaxConnections", "7")]
    [InlineData("nio.sessionlessCnxnTimeout=3000", "HandshakeTimeout", "3000")]
    [InlineData("jute.maxbuffer=4194304", "MaxFrameLength", "4194304")]
    [InlineData("jute.maxbuffer=0x400000", "MaxFrameLength", "4194304")]
    [InlineData("jute.maxbuffer=#400000", "MaxFrameLength", "4194304")]
    [InlineData("jute.maxbuffer=020000000", "MaxFrameLength", "4194304")]
    [InlineData("globalOutstandingLimit=1000", "MaxOutstandingRequests", "1000")]
    [InlineData("largeRequestMaxBytes=1048576", "MaxOutstandingBytes", "1048576")]
    [InlineData("4lw.commands.whitelist=stat, ruok, conf", "FourLetterWords", "stat, ruok, conf")]
    [InlineData("dataDir=some/folder", "DataDirectory", "some/folder")]
    [InlineData("datadir.autocreate=false", "CreateDataDirectory", "false")]
    [InlineData("snapCount=5000", "CheckpointTransactions", "5000")]
    [InlineData("txnLogSizeLimitInKb=2048", "LogSegmentBytes", "2097152")]
    [InlineData("forceSync=no", "ForceSync", "false")]
    [InlineData("forceSync=yes", "ForceSync", "true")]
    [InlineData("enforceQuota=TRUE", "EnforceQuota", "true")]
    [InlineData("extendedTypesEnabled=false", "TtlEnabled", "false")]
    [InlineData("znode.container.checkIntervalMs=500", "ContainerCheckInterval", "500")]
    [InlineData("znode.container.maxPerMinute=10", "ContainerMaxPerCheck", "10")]
    [InlineData("znode.container.maxNeverUsedIntervalMs=300000", "ContainerMaxNeverUsed", "300000")]
    [InlineData("skipACL=yes", "SkipAcl", "true")]
    [InlineData("DigestAuthenticationProvider.superDigest=super:abc=", "SuperDigest", "super:abc=")]
    [InlineData("DigestAuthenticationProvider.digestAlg=SHA-256", "DigestAlgorithm", "SHA256")]
    [InlineData("DigestAuthenticationProvider.digestAlg=sha", "DigestAlgorithm", "SHA1")]
    [InlineData("admin.serverPort=8081", "AdminPort", "8081")]
    [InlineData("admin.serverAddress=0.0.0.0", "AdminAddress", "0.0.0.0")]
    [InlineData("admin.enableServer=false", "AdminPort", "-1")]
    [InlineData("zookeeper.snapCount=5000", "CheckpointTransactions", "5000")]
    [InlineData("zookeeper.clientPort=2182", "ClientPort", "2182")]
    public void A_key_becomes_a_setting(string line, string setting, string value)
    {
        using var file = new ZooCfgFile(line);
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();
        values.ShouldHaveSingleItem().ShouldBe(KeyValuePair.Create(setting, value));
        warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("admin.enableServer=true")]
    [InlineData("admin.commandURL=/commands")]
    [InlineData("serverCnxnFactory=org.apache.zookeeper.server.NIOServerCnxnFactory")]
    [InlineData("serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory")]
    [InlineData("authProvider.1=org.apache.zookeeper.server.auth.DigestAuthenticationProvider")]
    [InlineData("DigestAuthenticationProvider.enabled=true")]
    [InlineData("sessionRequireClientSASLAuth=false")]
    [InlineData("enforce.auth.enabled=false")]
    [InlineData("audit.enable=false")]
    [InlineData("client.portUnification=false")]
    [InlineData("admin.forceHttps=False")]
    [InlineData("admin.portUnification=false")]
    [InlineData("admin.needClientAuth=false")]
    public void A_value_that_asks_for_what_is_done_anyway_needs_no_word(string line)
    {
        using var file = new ZooCfgFile(line);
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();
        values.ShouldBeEmpty();
        warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("clientPort=abc", "clientPort is 'abc', but must be an integer from 0 to 65535")]
    [InlineData("clientPort=0x885", "clientPort is '0x885', but must be an integer from 0 to 65535")]
    [InlineData("clientPort=65536", "clientPort is '65536', but must be an integer from 0 to 65535")]
    [InlineData("clientPort=99999999999", "clientPort is '99999999999', but must be an integer from 0 to 65535")]
    [InlineData("clientPort=", "clientPort is '', but must be an integer from 0 to 65535")]
    [InlineData("clientPortAddress=no such host", "clientPortAddress is 'no such host', but must be an IP address or the name of this host")]
    [InlineData("tickTime=0", "tickTime is '0', but must be an integer from 1 to 3600000")]
    [InlineData("minSessionTimeout=-2", "minSessionTimeout is '-2', but must be an integer, -1 or more")]
    [InlineData("jute.maxbuffer=0xfffffffff", "jute.maxbuffer is '0xfffffffff', but must be an integer from 1024 to 1073741824")]
    [InlineData("jute.maxbuffer=1m", "jute.maxbuffer is '1m', but must be an integer from 1024 to 1073741824")]
    [InlineData("jute.maxbuffer=089", "jute.maxbuffer is '089', but must be an integer from 1024 to 1073741824")]
    [InlineData("forceSync=false", "forceSync is 'false', but must be yes or no")]
    [InlineData("skipACL=true", "skipACL is 'true', but must be yes or no")]
    [InlineData("enforceQuota=yes", "enforceQuota is 'yes', but must be true or false")]
    [InlineData("admin.enableServer=1", "admin.enableServer is '1', but must be true or false")]
    [InlineData("txnLogSizeLimitInKb=1", "txnLogSizeLimitInKb is '1', but must be an integer from 1024 to 1048576 (KiB)")]
    [InlineData("dataDir=", "dataDir is '', but must be the path of a folder")]
    [InlineData("4lw.commands.whitelist=stats", "4lw.commands.whitelist is 'stats', but must be words of four letters, separated by commas, or *")]
    [InlineData("DigestAuthenticationProvider.digestAlg=MD5", "DigestAuthenticationProvider.digestAlg is 'MD5', but must be SHA1, SHA256, SHA384 or SHA512")]
    [InlineData("DigestAuthenticationProvider.superDigest=secret", "DigestAuthenticationProvider.superDigest must be user:base64hash, or empty for no such user")]
    public void A_value_that_is_not_allowed_is_refused_by_file_line_key_and_value(string line, string message)
    {
        using var file = new ZooCfgFile("# comment", line);
        file.Fail().ShouldBe(["zoo.cfg, line 2: " + message]);
    }

    [Fact]
    public void The_admin_port_is_off_wherever_its_number_stands()
    {
        using var file = new ZooCfgFile("admin.enableServer=false", "admin.serverPort=8081");
        file.Read().Values["AdminPort"].ShouldBe("-1");
    }

    [Fact]
    public void Of_a_key_that_is_set_twice_the_last_one_holds_and_a_warning_says_so()
    {
        using var file = new ZooCfgFile("tickTime=1000", "zookeeper.tickTime=3000");
        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();
        values["TickTime"].ShouldBe("3000");
        warnings.ShouldBe(["zoo.cfg, line 1: tickTime has no effect, because it is set again at zoo.cfg, line 2"]);
    }

    [Fact]
    public void A_path_is_read_as_Latin_1_as_ZooKeeper_does()
    {
        using var file = new ZooCfgFile();
        File.WriteAllBytes(file.Path, [.. "dataDir=d"u8, 0xe9]);
        file.Read().Values["DataDirectory"].ShouldBe("d\u00e9");
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        using var file = new ZooCfgFile("clientPort=x", "tickTime=y", "secureClientPort=2182");
        file.Fail().Length.ShouldBe(3);
    }
}
