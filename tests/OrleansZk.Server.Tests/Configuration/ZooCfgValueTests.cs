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
    [InlineData("clientPortAddress=", "ClientAddress", "127.0.0.1")]
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
    [InlineData("tickTime=2s", "tickTime is '2s', but must be an integer from 1 to 3600000")]
    [InlineData("tickTime=-1", "tickTime is '-1', but must be an integer from 1 to 3600000")]
    [InlineData("maxSessionTimeout=-2", "maxSessionTimeout is '-2', but must be an integer, -1 or more")]
    [InlineData("maxClientCnxns=many", "maxClientCnxns is 'many', but must be an integer, 0 or more")]
    [InlineData("clientPortAddress=0177.0.0.1", "clientPortAddress is '0177.0.0.1', but must be an IP address or the name of this host")]
    [InlineData("clientPortAddress=127.1", "clientPortAddress is '127.1', but must be an IP address or the name of this host")]
    [InlineData("tickTime=0", "tickTime is '0', but must be an integer from 1 to 3600000")]
    [InlineData("dataDir=", "dataDir is '', but must be the path of a folder")]
    [InlineData("DigestAuthenticationProvider.digestAlg=MD5", "DigestAuthenticationProvider.digestAlg is 'MD5', but must be SHA1, SHA256, SHA384 or SHA512")]
    public void A_value_that_is_not_allowed_is_refused_by_file_line_key_and_value(string line, string message)
    {
        using var file = new ZooCfgFile("# comment", line);
        file.Fail().ShouldBe(["zoo.cfg, line 2: " + message]);
    }

    /// <param name="setting">What the value becomes all the same, as <c>name=value</c>; empty for nothing.</param>
    [Theory]
    [InlineData("tickTime=7200000", "TickTime=3600000", "tickTime=7200000 is more than 3600000, which is used instead")]
    [InlineData("clientPortListenBacklog=100000", "ClientListenBacklog=65535", "clientPortListenBacklog=100000 is more than 65535, which is used instead")]
    [InlineData("minSessionTimeout=-2", "MinSessionTimeout=0", "minSessionTimeout=-2 is taken for 0, as ZooKeeper does")]
    [InlineData("maxCnxns=many", "", "maxCnxns is ignored, because 'many' is not an integer, 0 or more; ZooKeeper goes on with its default there, and this server with its own (0)")]
    [InlineData("nio.sessionlessCnxnTimeout=0", "", "nio.sessionlessCnxnTimeout is ignored, because '0' is not an integer, 1 or more; *(10000)")]
    [InlineData("jute.maxbuffer=2147483647", "MaxFrameLength=1073741824", "jute.maxbuffer=2147483647 is more than 1073741824, which is used instead")]
    [InlineData("jute.maxbuffer=0xfffffffff", "", "jute.maxbuffer is ignored, because '0xfffffffff' is not an integer from 1024 to 1073741824; *(1048575)")]
    [InlineData("jute.maxbuffer=1m", "", "jute.maxbuffer is ignored, because '1m' is not an integer from 1024 to 1073741824; *(1048575)")]
    [InlineData("jute.maxbuffer=089", "", "jute.maxbuffer is ignored, because '089' is not an integer from 1024 to 1073741824; *(1048575)")]
    [InlineData("globalOutstandingLimit=-1", "", "globalOutstandingLimit is ignored, because '-1' is not an integer, 1 or more; *(4096)")]
    [InlineData("largeRequestMaxBytes=0", "", "largeRequestMaxBytes is ignored, because '0' is not an integer, 1024 or more; *(67108864)")]
    [InlineData("snapCount=", "", "snapCount is ignored, because '' is not an integer, 1 or more; *(100000)")]
    [InlineData("txnLogSizeLimitInKb=1", "", "txnLogSizeLimitInKb is ignored, because '1' is not an integer from 1024 to 1048576 (KiB); *(67108864)")]
    [InlineData("txnLogSizeLimitInKb=2097152", "LogSegmentBytes=1073741824", "txnLogSizeLimitInKb=2097152 is more than 1073741824, which is used instead")]
    [InlineData("znode.container.checkIntervalMs=0", "", "znode.container.checkIntervalMs is ignored, because '0' is not an integer, 1 or more; *(60000)")]
    [InlineData("datadir.autocreate=yes", "CreateDataDirectory=false", "datadir.autocreate=yes is taken for false, as ZooKeeper does, because it is not true or false")]
    [InlineData("extendedTypesEnabled=1", "TtlEnabled=false", "extendedTypesEnabled=1 is taken for false, as ZooKeeper does, because it is not true or false")]
    [InlineData("forceSync=false", "ForceSync=true", "forceSync=false is taken for true, as ZooKeeper does, because it is not yes or no")]
    [InlineData("skipACL=true", "SkipAcl=false", "skipACL=true is taken for false, as ZooKeeper does, because it is not yes or no")]
    [InlineData("enforceQuota=yes", "", "enforceQuota is ignored, because 'yes' is not true or false; *(true)")]
    [InlineData("admin.enableServer=1", "", "admin.enableServer is ignored, because '1' is neither true nor false, and to ZooKeeper only false turns it off")]
    [InlineData("admin.serverPort=http", "AdminPort=-1", "admin.serverPort=http leaves the server without an admin port, as ZooKeeper, because it is not an integer from -1 to 65535")]
    [InlineData("admin.serverAddress=no such host", "AdminPort=-1", "admin.serverAddress=no such host leaves the server without an admin port, as ZooKeeper, because it is not *")]
    [InlineData("4lw.commands.whitelist=stats", "FourLetterWords=", "4lw.commands.whitelist=stats names what is no four-letter word and allows nothing: 'stats'")]
    [InlineData("4lw.commands.whitelist=RUOK, ruok,; DROP, mntr ,*x", "FourLetterWords=ruok, mntr", "*allows nothing: 'RUOK', '; DROP', '*x'")]
    [InlineData("4lw.commands.whitelist=nonesuch,*", "FourLetterWords=*", "*allows nothing: 'nonesuch'")]
    [InlineData("DigestAuthenticationProvider.superDigest=secret", "SuperDigest=", "DigestAuthenticationProvider.superDigest is taken for none, as ZooKeeper does, because it is not user:base64hash, or empty for no such user")]
    [InlineData("sessionRequireClientSASLAuth=no", "", "sessionRequireClientSASLAuth is ignored, because 'no' is taken for false")]
    [InlineData("audit.enable=", "", "audit.enable is ignored, because '' is taken for false")]
    public void A_value_with_which_ZooKeeper_starts_is_no_more_than_a_warning(string line, string setting, string warning)
    {
        using var file = new ZooCfgFile("clientPort=2181", line);

        (IReadOnlyDictionary<string, string> values, string[] warnings) = file.Read();

        string.Join(' ', values.Where(pair => pair.Key != "ClientPort").Select(pair => $"{pair.Key}={pair.Value}")).ShouldBe(setting);
        string said = warnings.ShouldHaveSingleItem();
        string[] parts = ("zoo.cfg, line 2: " + warning).Split('*', StringSplitOptions.None);
        if (warning.Contains("*x", StringComparison.Ordinal))
        {
            parts = ["zoo.cfg, line 2: ", warning[1..]];
        }

        said.ShouldStartWith(parts[0]);
        said.ShouldEndWith(parts[^1]);
    }

    [Fact]
    public void Values_are_trimmed_as_Java_trims()
    {
        using var file = new ZooCfgFile("tickTime= \u00013000\t ", "maxClientCnxns=\\u00a07");
        file.Fail().ShouldHaveSingleItem().ShouldStartWith("zoo.cfg, line 2: maxClientCnxns is ");
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
